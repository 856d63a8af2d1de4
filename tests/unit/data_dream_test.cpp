#include "data/dream.h"

#include "data/describe.h"
#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

using ::testing::HasSubstr;
using testing_data::message_of;

template <class T>
std::vector<T> counted(std::int64_t n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i % 200);
  return values;
}

class DreamFile : public testing_data::Scratch {
 protected:
  static Dream make() {
    Dream d;
    d.signature.task = "reacher_easy";
    d.signature.observations = {image_space({2, 3, 3})};
    d.signature.action.shape = {2};
    d.context = 2;
    d.starts = 3;
    d.horizon = 5;
    d.stoch_size = 4;
    d.deter_size = 6;
    d.start_episode = {"a.h5", "b.h5", "dir/c d.h5"};
    d.start_row = {0, 7, 9};
    d.action = counted<float>(30);
    d.stoch = counted<float>(60);
    d.deter = counted<float>(90);
    d.reward = counted<float>(15);
    d.images["image"] = counted<std::uint8_t>(15 * 18);
    d.truth_images["image"] = counted<std::uint8_t>(15 * 18);
    d.truth_reward = counted<float>(15);
    return d;
  }
  void write(const Dream& d) {
    write_dream(path, d, io::new_provenance({}, 0, {}), io::Replace::yes);
  }
  std::filesystem::path path = dir / "dream.h5";
};

TEST_F(DreamFile, GivesBackWhatWasWritten) {
  const Dream d = make();
  write(d);
  const Dream back = read_dream(path);
  EXPECT_EQ(back.kind, DreamKind::open_loop);
  EXPECT_EQ(back.signature, d.signature);
  EXPECT_EQ(back.context, 2);
  EXPECT_EQ(back.starts, 3);
  EXPECT_EQ(back.horizon, 5);
  EXPECT_EQ(back.stoch_size, 4);
  EXPECT_EQ(back.deter_size, 6);
  EXPECT_EQ(back.start_episode, d.start_episode);
  EXPECT_EQ(back.start_row, d.start_row);
  EXPECT_EQ(back.action, d.action);
  EXPECT_EQ(back.stoch, d.stoch);
  EXPECT_EQ(back.deter, d.deter);
  EXPECT_EQ(back.reward, d.reward);
  EXPECT_TRUE(back.value.empty());
  EXPECT_TRUE(back.discount.empty());
  EXPECT_EQ(back.images, d.images);
  EXPECT_EQ(back.truth_images, d.truth_images);
  EXPECT_EQ(back.truth_reward, d.truth_reward);
  EXPECT_THAT(violations(path), ::testing::IsEmpty());
}

TEST_F(DreamFile, HoldsAllObservationsOfItsSignature) {
  Dream d = make();
  d.signature.observations = {{.name = "position", .shape = {2}}, image_space({2, 3, 3})};
  d.signature.observations.push_back(
      {.name = "wrist", .kind = SpaceKind::image, .shape = {1, 2, 1}});
  d.vectors["position"] = d.truth_vectors["position"] = counted<float>(30);
  d.images["wrist"] = d.truth_images["wrist"] = counted<std::uint8_t>(30);
  write(d);
  const Dream back = read_dream(path);
  EXPECT_EQ(back.images, d.images);
  EXPECT_EQ(back.vectors, d.vectors);
  EXPECT_EQ(back.truth_images, d.truth_images);
  EXPECT_EQ(back.truth_vectors, d.truth_vectors);
  EXPECT_THAT(violations(path), ::testing::IsEmpty());
}

TEST_F(DreamFile, PolicyDreamsHaveValuesAndNoTruth) {
  Dream d = make();
  d.kind = DreamKind::policy;
  d.truth_images.clear();
  d.truth_reward.clear();
  d.value = d.discount = d.reward;
  write(d);
  const Dream back = read_dream(path);
  EXPECT_EQ(back.kind, DreamKind::policy);
  EXPECT_EQ(back.value, d.reward);
  EXPECT_EQ(back.discount, d.reward);
  EXPECT_TRUE(back.truth_images.empty());
  EXPECT_TRUE(back.truth_reward.empty());
}

TEST_F(DreamFile, PartsThatDoNotFitAreNamed) {
  Dream d = make();
  d.stoch.pop_back();
  EXPECT_THAT(message_of([&] { write(d); }), HasSubstr("dream.h5: /stoch"));
  d = make();
  d.start_episode.pop_back();
  EXPECT_THAT(message_of([&] { write(d); }), HasSubstr("3 starts, but 2 episodes"));
  d = make();
  d.context = 6;
  write(d);
  EXPECT_THAT(message_of([&] { (void)read_dream(path); }), HasSubstr("context is 6, with 5 rows"));
}

}  // namespace
}  // namespace dreamer::data
