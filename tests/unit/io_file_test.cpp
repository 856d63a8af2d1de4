#include "io/file.h"

#include <random>
#include <thread>

#include "io/provenance.h"
#include "unit/data_fixture.h"

namespace dreamer::io {
namespace {

using ::testing::HasSubstr;
using testing_data::message_of;
using testing_data::slurp;
using testing_data::spill;

class File : public testing_data::Scratch {
 protected:
  std::filesystem::path path = dir / "a.h5";

  /// A file with every element type, compressed and not, small and large.
  void write_sample(const std::filesystem::path& to) {
    FileWriter file("dreamer.test");
    file.attribute("/", "text", "grün");
    file.attribute("/", "empty", "");
    file.attribute("/group", "count", 3);
    file.attribute("/group", "half", 0.5);
    file.attribute("/group", "flag", true);
    file.attribute("/group", "list", {1, 2, 3});
    file.attribute("/group", "reals", {1, 2.5});
    file.attribute("/group", "object", {{"a", 1}});
    file.dataset<std::uint8_t>("/bytes", "T,X", {100, 7}, bytes, {.chunk_rows = 16, .deflate = 4});
    file.dataset<float>("/group/deep/floats", "N", {5}, floats);
    file.dataset<double>("/doubles", "N,M", {300, 100}, doubles);
    file.dataset<std::int64_t>("/ints", "N", {3}, ints);
    file.dataset<float>("/scalar", "", {}, scalar);
    file.dataset<float>("/none", "N,M", {0, 4}, std::vector<float>{});
    file.commit(to, Replace::no);
  }

  std::vector<std::uint8_t> bytes = numbered<std::uint8_t>(700);
  std::vector<float> floats = {1, -2, 3.5, 0, 1e30F}, scalar = {42};
  std::vector<double> doubles = numbered<double>(30000);
  std::vector<std::int64_t> ints = {1, -2, std::int64_t{1} << 60};

  template <class T>
  static std::vector<T> numbered(std::size_t n) {
    std::vector<T> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(i * i % 251);
    return values;
  }
};

TEST_F(File, GivesBackWhatWasWritten) {
  write_sample(path);
  const FileReader file(path, "dreamer.test");
  EXPECT_EQ(file.format(), "dreamer.test");
  EXPECT_EQ(file.format_version(), "1.1");
  EXPECT_EQ(file.read<std::uint8_t>("/bytes"), bytes);
  EXPECT_EQ(file.read<float>("/group/deep/floats"), floats);
  EXPECT_EQ(file.read<double>("/doubles"), doubles);
  EXPECT_EQ(file.read<std::int64_t>("/ints"), ints);
  EXPECT_EQ(file.read<float>("/scalar"), scalar);
  EXPECT_TRUE(file.read<float>("/none").empty());
  EXPECT_EQ(file.attribute("/", "text"), "grün");
  EXPECT_EQ(file.attribute("/", "empty"), "");
  EXPECT_EQ(file.attributes("/group"), Json({{"count", 3},
                                             {"flag", true},
                                             {"half", 0.5},
                                             {"list", {1, 2, 3}},
                                             {"object", "{\"a\":1}"},
                                             {"reals", {1.0, 2.5}}}));
}

TEST_F(File, ReadsAnyRangeOfRows) {
  write_sample(path);
  const FileReader file(path);
  for (const auto& [first, count] :
       {std::pair{0, 1}, {15, 2}, {16, 16}, {3, 60}, {99, 1}, {90, -1}}) {
    const auto rows = file.read_rows<std::uint8_t>("/bytes", first, count);
    const auto end = count < 0 ? bytes.end() : bytes.begin() + (first + count) * 7;
    EXPECT_EQ(rows, std::vector<std::uint8_t>(bytes.begin() + first * 7, end));
  }
  EXPECT_THAT(message_of([&] { (void)file.read_rows<std::uint8_t>("/bytes", 90, 11); }),
              HasSubstr("/bytes has 100 rows, rows 90 to 100 are asked for"));
}

TEST_F(File, ListsDatasetsWithTheirShapes) {
  write_sample(path);
  const FileReader file(path);
  std::vector<std::string> lines;
  for (const auto& d : file.datasets())
    lines.push_back(fmt::format("{} {} [{}] {}", d.path, d.type, fmt::join(d.shape, ","), d.dims));
  EXPECT_THAT(lines,
              ::testing::ElementsAre("/bytes uint8 [100,7] T,X", "/doubles float64 [300,100] N,M",
                                     "/group/deep/floats float32 [5] N", "/ints int64 [3] N",
                                     "/none float32 [0,4] N,M", "/scalar float32 [] "));
  EXPECT_EQ(file.datasets("/group").size(), 1U);
  EXPECT_EQ(file.info("/bytes").chunk_rows, 16);
  EXPECT_TRUE(file.has("/group/deep"));
  EXPECT_FALSE(file.has("/group/shallow/x"));
}

TEST_F(File, SameContentGivesTheSameBytes) {
  write_sample(path);
  write_sample(dir / "b.h5");
  EXPECT_EQ(slurp(path), slurp(dir / "b.h5"));
}

TEST_F(File, LongTextAndManyAttributesFit) {
  const std::string config(200000, 'x');
  FileWriter writer("dreamer.test");
  writer.attribute("/provenance", "config", config);
  for (int i = 0; i < 100; ++i) writer.attribute("/many", fmt::format("a{}", i), i);
  writer.commit(path, Replace::no);
  const FileReader file(path);
  EXPECT_EQ(file.attribute("/provenance", "config"), config);
  EXPECT_EQ(file.attributes("/many").size(), 100U);
}

TEST_F(File, AttributeWrittenTwiceKeepsTheLast) {
  FileWriter writer("dreamer.test");
  writer.attribute("/", "a", "one");
  writer.attribute("/", "a", 2);
  writer.commit(path, Replace::no);
  EXPECT_EQ(FileReader(path).attribute("/", "a"), 2);
}

TEST_F(File, WrongElementTypeNamesBoth) {
  write_sample(path);
  EXPECT_THAT(message_of([&] { (void)FileReader(path).read<double>("/ints"); }),
              HasSubstr("a.h5: /ints is int64, float64 is needed"));
  EXPECT_THAT(message_of([&] { (void)FileReader(path).read<double>("/image"); }),
              HasSubstr("a.h5: /image is missing"));
  EXPECT_THAT(message_of([&] { (void)FileReader(path).attribute("/", "task"); }),
              HasSubstr("a.h5 has no attribute task"));
}

TEST_F(File, RefusesWhatIsNotAFileOfOurs) {
  const auto refusal = [&] {
    return message_of([&] { const FileReader file(path, "dreamer.episode"); });
  };
  EXPECT_THAT(refusal(), HasSubstr("no such file"));
  spill(path, "");
  EXPECT_THAT(refusal(), HasSubstr("is empty (0 bytes)"));
  spill(path, "PK\x03\x04 a zip archive, say");
  EXPECT_THAT(refusal(), HasSubstr("is not an HDF5 file"));
  spill(path, "\x89HDF");
  EXPECT_THAT(refusal(), HasSubstr("is truncated"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_THAT(refusal(), HasSubstr("is a directory"));
}

TEST_F(File, RefusesOtherFormatsAndNewerMajorVersions) {
  FileWriter model("dreamer.model");
  model.commit(path, Replace::no);
  EXPECT_THAT(message_of([&] { const FileReader file(path, "dreamer.episode"); }),
              HasSubstr("is a dreamer.model, a dreamer.episode is needed"));
  const auto with_version = [&](const char* version) {
    FileWriter writer("dreamer.episode");
    writer.attribute("/", "format_version", version);
    writer.commit(path, Replace::yes);
    const FileReader file(path, "dreamer.episode");
  };
  EXPECT_THAT(message_of([&] { with_version("2.0"); }),
              HasSubstr("format_version 2.0 is newer than this program reads (1.x)"));
  EXPECT_THAT(message_of([&] { with_version("new"); }), HasSubstr("'new' is not a version"));
  EXPECT_NO_THROW(with_version("1.9"));
  EXPECT_THAT(message_of([&] {
                FileWriter foreign("other.thing");
                foreign.commit(path, Replace::yes);
                const FileReader file(path);
              }),
              HasSubstr("not one of dreamer's"));
}

/// Opens `path` and reads all of it; what a damaged file may do is throw Error.
void read_everything(const std::filesystem::path& path) {
  const FileReader file(path);
  (void)file.attributes("/");
  for (const auto& d : file.datasets()) {
    (void)file.attributes(d.path);
    if (d.type == "uint8") (void)file.read<std::uint8_t>(d.path);
    if (d.type == "float32") (void)file.read<float>(d.path);
    if (d.type == "float64") (void)file.read<double>(d.path);
    if (d.type == "int64") (void)file.read<std::int64_t>(d.path);
  }
  (void)file.attributes("/group");
}

TEST_F(File, TruncatedAnywhereIsAnError) {
  write_sample(path);
  const std::string whole = slurp(path);
  std::mt19937 random(1);
  for (int i = 0; i < 30; ++i) {
    spill(dir / "cut.h5", whole.substr(0, random() % whole.size()));
    EXPECT_THAT(message_of([&] { read_everything(dir / "cut.h5"); }), HasSubstr("cut.h5"));
  }
}

TEST_F(File, FlippedBitsNeverPassForOtherData) {
  write_sample(path);
  const std::string whole = slurp(path);
  const auto original = FileReader(path).read<double>("/doubles");
  std::mt19937 random(2);
  int noticed = 0;
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    damaged[random() % whole.size()] ^= static_cast<char>(1 << random() % 8);
    spill(dir / "flip.h5", damaged);
    try {
      read_everything(dir / "flip.h5");
      const FileReader file(dir / "flip.h5");
      EXPECT_EQ(file.read<double>("/doubles"), original);
      EXPECT_EQ(file.read<std::uint8_t>("/bytes"), bytes);
      EXPECT_EQ(file.read<float>("/group/deep/floats"), floats);
    } catch (const Error&) {
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 150);  // the rest hit unused space
}

TEST_F(File, TwoThreadsWriteAndReadAtOnce) {
  const auto work = [&](const std::string& name) {
    for (int i = 0; i < 10; ++i) {
      const auto mine = dir / fmt::format("{}-{}.h5", name, i);
      write_sample(mine);
      ASSERT_EQ(FileReader(mine).read<std::uint8_t>("/bytes"), bytes);
    }
  };
  std::thread a(work, "a"), b(work, "b");
  a.join();
  b.join();
  EXPECT_EQ(slurp(dir / "a-9.h5"), slurp(dir / "b-3.h5"));
}

TEST_F(File, OneReaderServesTwoThreads) {
  write_sample(path);
  const FileReader file(path);
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) ASSERT_EQ(file.read<std::uint8_t>("/bytes"), bytes);
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

TEST_F(File, ProvenanceIsKept) {
  set_command_line("dr-test", {"dr-test", "--out", "a b"});
  const Provenance written = new_provenance(
      {{"lr", 0.1}}, 5, {{.id = "abc", .role = "data"}, {.id = "d", .role = "init"}});
  FileWriter writer("dreamer.test");
  write_provenance(writer, written);
  writer.commit(path, Replace::no);
  const Provenance read = read_provenance(FileReader(path));
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.id.size(), 32U);
  EXPECT_EQ(read.program, "dr-test");
  EXPECT_EQ(read.argv, (std::vector<std::string>{"dr-test", "--out", "a b"}));
  EXPECT_EQ(read.config, written.config);
  EXPECT_EQ(read.seed, 5);
  ASSERT_EQ(read.parents.size(), 2U);
  EXPECT_EQ(read.parents[1].role, "init");
  EXPECT_EQ(read.time.size(), std::string("2025-01-01T00:00:00Z").size());
  EXPECT_NE(new_provenance({}, 5, {}).id, written.id);
}

}  // namespace
}  // namespace dreamer::io
