#include "data/prefetch.h"

#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

using testing_data::make_episode;
using testing_data::write;

class PrefetchTest : public testing_data::Scratch {
 protected:
  PrefetchTest() {
    for (std::int64_t id = 0; id < 3; ++id) paths.push_back(write(dir, make_episode(id, 40)));
  }
  std::vector<std::filesystem::path> paths;
  RandomStream stream{1, "replay"};
};

TEST_F(PrefetchTest, BatchesComeInOrderWhateverDepthAndThreads) {
  const Replay replay(paths);
  for (const auto& [depth, threads] : {std::pair{1, 1}, {4, 1}, {4, 3}, {0, 0}}) {
    Prefetcher prefetch(
        replay, stream,
        {.batch = 4, .length = 6, .first_update = 10, .depth = depth, .threads = threads});
    for (std::uint64_t update = 10; update < 30; ++update) {
      const Batch batch = prefetch.next(), expected = replay.sample(4, 6, stream, update);
      ASSERT_EQ(batch.images, expected.images);
      ASSERT_EQ(batch.action, expected.action);
      ASSERT_EQ(batch.episode, expected.episode);
      ASSERT_EQ(batch.first_row, expected.first_row);
    }
    EXPECT_GE(prefetch.seconds_waited(), 0);
  }
}

TEST_F(PrefetchTest, FailuresReachTheCallerAtTheirBatch) {
  const Replay replay(paths, {.memory_bytes = 0});
  for (const auto& path : paths) std::filesystem::remove(path);
  Prefetcher prefetch(replay, stream, {.batch = 4, .length = 6});
  EXPECT_THAT(testing_data::message_of([&] { (void)prefetch.next(); }),
              ::testing::HasSubstr("no such file"));
  EXPECT_THROW((void)prefetch.next(), Error);
}

TEST_F(PrefetchTest, StopsWithoutBeingEmptied) {
  const Replay replay(paths);
  for (int i = 0; i < 20; ++i) {
    Prefetcher prefetch(replay, stream, {.batch = 4, .length = 6, .depth = 3, .threads = 2});
    if (i % 2 == 0) (void)prefetch.next();
  }
}

}  // namespace
}  // namespace dreamer::data
