// Files that version 1.0 wrote stay readable for ever.

#include "data/describe.h"
#include "data/dream.h"
#include "data/episode.h"
#include "data/replay.h"
#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

std::filesystem::path kept(const std::string& name) {
  return std::filesystem::path(DREAMER_TEST_DATA) / name;
}

/// 0, 1, 2, …: divided by `by`, or as bytes.
template <class T>
std::vector<T> counted(std::size_t n, double by = 8) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = std::is_same_v<T, std::uint8_t> ? static_cast<T>(i)
                                                : static_cast<T>(static_cast<double>(i) / by);
  return values;
}

TEST(Version10, EpisodeIsRead) {
  const Episode e = read_episode(kept("episode-1.0.h5"));
  EXPECT_EQ(e.signature.task, "cartpole_swingup");
  EXPECT_EQ(e.seed, 5);
  EXPECT_EQ(e.index, 2);
  EXPECT_EQ(e.signature.frames_per_step, 2);
  EXPECT_EQ(e.signature.protocol, Json({{"action_repeat", 2}}));
  EXPECT_EQ(e.signature.action.shape, std::vector<std::int64_t>{2});
  EXPECT_EQ(e.signature.observation("position")->shape, std::vector<std::int64_t>{3});
  EXPECT_EQ(e.render, "fast");
  EXPECT_EQ(image_shape(e.signature), (ImageShape{4, 6, 3}));
  EXPECT_EQ(e.images.at("image"), counted<std::uint8_t>(20 * 72));
  EXPECT_EQ(e.action, counted<float>(40, 64));
  EXPECT_EQ(e.reward, counted<float>(20));
  EXPECT_EQ(e.discount, std::vector<float>(20, 1));
  EXPECT_EQ(e.vectors.at("position").values, counted<float>(60));
  EXPECT_EQ(e.physics.at("qpos").values, counted<double>(40));
  EXPECT_EQ(e.model.at("geom_pos"), counted<double>(3));
  EXPECT_EQ(Replay({kept("episode-1.0.h5")}).total_rows(), 20);
}

TEST(Version10, DreamIsRead) {
  const Dream d = read_dream(kept("dream-1.0.h5"));
  EXPECT_EQ(d.kind, DreamKind::open_loop);
  EXPECT_EQ(d.context, 2);
  EXPECT_EQ(d.start_episode, (std::vector<std::string>{"one.h5", "two.h5"}));
  EXPECT_EQ(d.start_row, (std::vector<std::int64_t>{0, 7}));
  EXPECT_EQ(d.deter, counted<float>(30));
  EXPECT_EQ(d.value, counted<float>(6));
  EXPECT_EQ(d.images.at("image"), counted<std::uint8_t>(288));
  EXPECT_EQ(d.truth_images, d.images);
}

TEST(Version10, FilesObeyTheLayouts) {
  for (const char* name : {"episode-1.0.h5", "dream-1.0.h5"})
    EXPECT_THAT(violations(kept(name)), ::testing::IsEmpty()) << name;
}

}  // namespace
}  // namespace dreamer::data
