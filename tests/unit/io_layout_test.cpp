#include "io/layout.h"

#include <limits>

#include "data/describe.h"
#include "data/dream.h"
#include "unit/data_fixture.h"

namespace dreamer::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_data::make_episode;
using testing_data::message_of;
using testing_data::write;

class LayoutTest : public testing_data::Scratch {
 protected:
  std::filesystem::path path = dir / "a.h5";
  static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

  /// A file with what all have in common, to be completed.
  static FileWriter begin(const std::string& format) {
    FileWriter file(format);
    write_provenance(file, new_provenance({{"a", 1}}, 0, {}));
    return file;
  }

  std::vector<std::string> broken(FileWriter& file) {
    file.commit(path, Replace::yes);
    const FileReader reader(path);
    return check_layout(reader, layout_of(reader.format()));
  }

  static void episode_attributes(FileWriter& file) {
    for (const char* name : {"task", "render"}) file.attribute("/", name, "x");
    for (const char* name : {"seed", "index", "action_repeat"}) file.attribute("/", name, 1);
    file.attribute("/", "length", 3);
    file.attribute("/", "action_space", "{}");
    file.attribute("/", "return", 0.5);
  }
};

TEST_F(LayoutTest, OurEpisodesObey) {
  data::Episode e = make_episode(0, 20);
  e.signature.observations.push_back({.name = "position", .shape = {3}});
  e.vectors["position"] = {{20, 3}, std::vector<float>(60)};
  e.physics["qpos"] = {{20, 2}, std::vector<double>(40)};
  e.model["geom_pos"] = {1, 2, 3};
  EXPECT_THAT(data::violations(write(dir, e)), IsEmpty());
}

TEST_F(LayoutTest, EveryFormatHasALayout) {
  for (const char* kind : {"episode", "model", "policy", "dream", "step"})
    EXPECT_EQ(layout_of(std::string("dreamer.") + kind).format, std::string("dreamer.") + kind);
  EXPECT_THAT(message_of([] { (void)layout_of("dreamer.soup"); }), HasSubstr("dreamer.soup"));
  EXPECT_THAT(message_of([] { (void)layout_of("dreamer." + std::string(1000, 'x')); }),
              HasSubstr("is no format"));
}

TEST_F(LayoutTest, NamesEverythingThatIsWrong) {
  FileWriter file = begin("dreamer.episode");
  episode_attributes(file);
  file.attribute("/", "seed", "seven");
  file.attribute("/", "action_space", "{");
  file.dataset<float>("/action", "T,A", {3, 1}, std::vector<float>{0, 0.5F, 1.5F});
  file.dataset<double>("/reward", "T", {2}, std::vector<double>{0, 1});
  file.dataset<float>("/observation/speed", "T", {3}, std::vector<float>{0, kNaN, 1});
  file.dataset<std::uint8_t>("/image", "T,H,W", {3, 1, 1}, std::vector<std::uint8_t>(3));
  file.dataset<float>("/additions/are/ignored", "Q", {1}, std::vector<float>{kNaN});
  EXPECT_THAT(
      broken(file),
      ElementsAre("/@seed is not of type integer", "/@action_space is not of type json",
                  "/action row 2 is 1.5, -1 to 1 are allowed",
                  "/image is [3,1,1], axes T,H,W,C are needed",
                  "/observation/speed row 1 is not finite", "/reward is float64, float32 is needed",
                  "/reward has T = 2, /action has 3", "/discount is missing"));
}

TEST_F(LayoutTest, AxesMustBeNamed) {
  FileWriter file = begin("dreamer.episode");
  episode_attributes(file);
  file.dataset<float>("/action", "A,T", {3, 1}, std::vector<float>(3));
  file.dataset<float>("/reward", "", {3}, std::vector<float>(3));
  file.dataset<float>("/discount", "T", {3}, std::vector<float>(3));
  EXPECT_THAT(broken(file), ElementsAre("/action has dims 'A,T', 'T,A' are needed",
                                        "/reward has dims '', 'T' are needed"));
}

TEST_F(LayoutTest, CheckpointsNeedMomentsLikeTheirParameters) {
  FileWriter file = begin("dreamer.model");
  file.attribute("/model", "task", "t");
  file.attribute("/model", "action_size", 1);
  file.attribute("/model", "action_repeat", 2);
  file.attribute("/model", "image", {64, 64, 3});
  file.attribute("/progress", "updates", 10);
  const std::vector<float> six(6), four(4);
  file.dataset("/model/encoder/conv1/weight", "", {2, 3}, six);
  file.dataset("/optimizer/model/m/encoder/conv1/weight", "", {2, 3}, six);
  file.dataset("/optimizer/model/v/encoder/conv1/weight", "", {2, 2}, four);
  file.dataset("/optimizer/model/v/encoder/conv9/weight", "", {2, 2}, four);
  EXPECT_THAT(broken(file),
              ElementsAre("/progress/@environment_steps is missing",
                          "/optimizer/model/v/encoder/conv1/weight is [2,2], its counterpart "
                          "/model/encoder/conv1/weight is [2,3]",
                          "/optimizer/model/v/encoder/conv9/weight has no counterpart "
                          "/model/encoder/conv9/weight"));
}

TEST_F(LayoutTest, DamagedDataIsAnErrorAndNoMereViolation) {
  const auto episode = write(dir, make_episode(0, 64));
  std::string bytes = testing_data::slurp(episode);
  const std::string zlib_header{'\x78', '\x5e'};  // of the first image chunk, level 4
  const auto at = bytes.find(zlib_header);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 5] = static_cast<char>(bytes[at + 5] ^ 4);
  testing_data::spill(episode, bytes);
  EXPECT_THAT(message_of([&] { (void)data::violations(episode); }),
              HasSubstr("checksum does not match"));
}

TEST_F(LayoutTest, DescriptionTellsWhatAFileIs) {
  const auto episode = write(dir, make_episode(0, 20));
  const Json d = data::describe(episode);
  EXPECT_EQ(d.at("format"), "dreamer.episode");
  EXPECT_EQ(d.at("provenance").at("argv").type(), Json::value_t::array);
  EXPECT_EQ(d.at("attributes").at("/").at("task"), "cartpole_swingup");
  EXPECT_EQ(d.at("attributes").at("/").at("action_space").at("size"), 2);
  ASSERT_EQ(d.at("datasets").size(), 4U);
  EXPECT_EQ(d.at("datasets")[2].at("path"), "/image");
  EXPECT_EQ(d.at("datasets")[2].at("shape"), Json({20, 4, 4, 3}));
  const std::string text = data::listing(d);
  EXPECT_THAT(text, HasSubstr("dreamer.episode 1.1"));
  EXPECT_THAT(text, HasSubstr("cartpole_swingup"));
  EXPECT_THAT(text, HasSubstr("[20,4,4,3]  T,H,W,C"));
}

}  // namespace
}  // namespace dreamer::io
