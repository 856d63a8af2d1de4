#include "data/episode_list.h"

#include <sstream>

#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing_data::message_of;
using testing_data::spill;

class EpisodeList : public testing_data::Scratch {
 protected:
  std::vector<std::string> resolve(const std::vector<std::string>& arguments,
                                   const std::string& input = "") {
    std::istringstream in(input);
    std::vector<std::string> names;
    for (const auto& path : resolve_episodes(arguments, in)) names.push_back(path.string());
    return names;
  }
  std::string in_dir(const std::string& name) { return (dir / name).string(); }
};

TEST_F(EpisodeList, FolderGivesItsEpisodesSortedByName) {
  for (const char* name : {"b.h5", "a.h5", "c.txt", ".d.h5", ".e.h5.12-34.tmp", "m.resume.h5"})
    spill(dir / name, "x");
  std::filesystem::create_directory(dir / "z.h5");
  EXPECT_THAT(resolve({dir.string()}), ElementsAre(in_dir("a.h5"), in_dir("b.h5")));
}

TEST_F(EpisodeList, MixesFilesFoldersAndInputInOrder) {
  spill(dir / "a.h5", "x");
  spill(dir / "b.h5", "x");
  EXPECT_THAT(resolve({in_dir("b.h5"), "-", dir.string()},
                      "one.h5\n\n{\"task\":\"t\",\"episode\":\"two words.h5\"}\r\nthree.h5"),
              ElementsAre(in_dir("b.h5"), "one.h5", "two words.h5", "three.h5", in_dir("a.h5"),
                          in_dir("b.h5")));
}

TEST_F(EpisodeList, BinaryInputIsAUsageErrorWithAHint) {
  try {
    resolve({"-"}, "\x89HDF\r\n\x1a\n and so on");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    EXPECT_THAT(e.what(), HasSubstr("give its path"));
  }
}

TEST_F(EpisodeList, BadLinesAreNumbered) {
  EXPECT_THAT(message_of([&] { resolve({"-"}, "a.h5\n{\"episode\": "); }), HasSubstr("line 2"));
  EXPECT_THAT(message_of([&] { resolve({"-"}, "{\"path\": \"x\"}\n"); }),
              HasSubstr("no text field 'episode'"));
  EXPECT_THAT(message_of([&] { resolve({"-"}, R"({"episode": "\u0000.h5"})"); }),
              HasSubstr("line 1 names a file with a zero byte"));
}

TEST_F(EpisodeList, NothingIsAnErrorWithTheRemedy) {
  EXPECT_THAT(message_of([&] { resolve({dir.string()}); }), HasSubstr("dr-collect"));
  EXPECT_THAT(message_of([&] { resolve({"-"}, ""); }), HasSubstr("no episodes in -"));
  EXPECT_THAT(message_of([&] { resolve({in_dir("gone.h5")}); }), HasSubstr("no such file"));
}

TEST_F(EpisodeList, OfPlacesThatNeedNotExistYetIsWhatIsThere) {
  const auto now = [&] { return episodes_now({dir / "folder", dir / "file.h5"}).size(); };
  EXPECT_EQ(now(), 0U);
  std::filesystem::create_directory(dir / "folder");
  EXPECT_EQ(now(), 0U);
  spill(dir / "folder" / "a.h5", "x");
  spill(dir / "file.h5", "x");
  EXPECT_EQ(now(), 2U);
}

}  // namespace
}  // namespace dreamer::data
