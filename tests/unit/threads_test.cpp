// What runs on several threads at once in a learner, a collector and between them. The claims are
// plain; the test is above all for ThreadSanitizer (`make tsan`), which sees how they were met.

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "collect/collector.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/prefetch.h"
#include "io/atomic_file.h"
#include "io/followed_file.h"
#include "unit/data_fixture.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using testing_data::make_episode;
using testing_data::write;

class Threads : public testing_data::Scratch {
 protected:
  [[nodiscard]] CollectOptions options(std::int64_t episodes) const {
    return {.task = "reacher_easy",
            .out = dir,
            .episodes = episodes,
            .envs = 4,
            .seed = 5,
            .environment = {.action_repeat = 50, .render = env::RenderQuality::none},
            .observations = true};
  }
};

TEST_F(Threads, BatchesArePreparedWhileEpisodesComeAndGo) {
  std::vector<fs::path> paths;
  for (std::int64_t id = 0; id < 3; ++id) paths.push_back(write(dir, make_episode(id, 20)));
  data::Replay replay(paths, {.memory_bytes = 2000, .unusable = data::Unusable::skip});
  data::Prefetcher prefetch(replay, RandomStream(1, "replay"),
                            {.batch = 4, .length = 6, .depth = 4, .threads = 3});
  std::jthread writer([&] {
    for (std::int64_t id = 3; id < 10; ++id) {
      const std::vector<fs::path> all = {write(dir, make_episode(id, 20))};
      replay.add_episodes(all);
      fs::remove(paths[static_cast<std::size_t>(id % 3)]);  // its frames may be held, or be lost
    }
  });
  std::set<std::int64_t> drawn;
  for (int i = 0; i < 60; ++i) {
    const data::Batch batch = prefetch.next();
    ASSERT_GT(replay.total_rows(), 0);
    for (std::size_t b = 0; b < batch.episode.size(); ++b) {
      const std::int64_t id = batch.episode[b];
      drawn.insert(id);
      ASSERT_EQ(batch.reward[b * 6], static_cast<float>(id * 1000 + batch.first_row[b]));
    }
  }
  writer.join();
  EXPECT_EQ(replay.episodes(), 10);
  EXPECT_GE(drawn.size(), 3U);
}

TEST_F(Threads, EnvironmentsTakeWhatIsFollowedWhileItIsReplaced) {
  const fs::path policy = dir / "policy";
  io::write_atomically(policy, std::as_bytes(std::span("first")), io::Replace::yes);
  std::mutex mutex;
  io::FollowedFile file(policy);
  std::shared_ptr<const PolicyHandle> acting;
  int taken = 0;
  const PolicyProvider newest = [&] {
    const std::lock_guard lock(mutex);
    if (file.is_new())
      acting = std::make_shared<PolicyHandle>(PolicyHandle{{}, fmt::format("{}", ++taken)});
    return acting;
  };
  const std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      io::write_atomically(policy, std::as_bytes(std::span("newer")), io::Replace::yes);
  });
  std::set<std::pair<std::int64_t, std::int64_t>> acted;
  Progress progress("episodes", 12);
  follow(options(12), newest, [&](const EpisodeResult& result) {
    progress.advance();
    acted.emplace(result.seed, result.index);
  });
  EXPECT_EQ(acted.size(), 12U);
  EXPECT_GE(taken, 1);
}

// A process of its own, which a signal is to stop.
TEST_F(Threads, ASignalStopsAllEnvironmentsAndKeepsWhatIsDone) {
  const auto stopped = [&] {
    signals::install();
    std::atomic<std::int64_t> told = 0;
    std::jthread sender([&] {
      while (told < 2) std::this_thread::yield();
      ::kill(::getpid(), SIGTERM);
    });
    collect(options(1000000), {}, [&](const EpisodeResult&) { ++told; });
    sender.join();
    std::int64_t whole = 0;
    for (const auto& entry : fs::directory_iterator(dir))
      whole += data::read_episode(entry.path()).length() == 21 ? 1 : 0;
    std::exit(signals::requested() == SIGTERM && whole == told ? 0 : 1);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(stopped(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace dreamer
