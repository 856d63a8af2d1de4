#include "collect/collector.h"

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/seeds.h"
#include "core/error.h"
#include "data/episode.h"
#include "io/provenance.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A folder of the test's own, empty at first.
class Collector : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::path(::testing::TempDir()) / fmt::format("collector-{}-{}", test->name(), getpid());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] CollectOptions options(std::int64_t episodes, std::int64_t envs) const {
    return {.task = "reacher_easy",
            .out = folder_,
            .episodes = episodes,
            .envs = envs,
            .seed = 11,
            .environment = {.action_repeat = 20, .render = env::RenderQuality::none},
            .observations = true};
  }

  static std::vector<EpisodeResult> run(const CollectOptions& options) {
    std::vector<EpisodeResult> results;
    collect(options, {}, [&](const EpisodeResult& result) { results.push_back(result); });
    return results;
  }

  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }

  static void expect_same(const data::Episode& a, const data::Episode& b) {
    EXPECT_EQ(a.seed, b.seed);
    EXPECT_EQ(a.index, b.index);
    EXPECT_EQ(a.action, b.action);
    EXPECT_EQ(a.reward, b.reward);
    EXPECT_EQ(a.images, b.images);
    EXPECT_EQ(a.physics.at("qpos").values, b.physics.at("qpos").values);
    EXPECT_EQ(a.model, b.model);
  }

  fs::path folder_;
};

TEST_F(Collector, WritesWholeEpisodesWithRandomActions) {
  const auto results = run(options(2, 1));
  ASSERT_EQ(results.size(), 2U);
  for (std::int64_t k = 0; k < 2; ++k) {
    const auto& result = results[static_cast<std::size_t>(k)];
    EXPECT_EQ(result.index, k);
    EXPECT_EQ(result.seed, 11);
    EXPECT_FALSE(result.kept);
    const auto episode = data::read_episode(result.path);
    EXPECT_EQ(episode.length(), 51);
    EXPECT_EQ(result.length, 51);
    EXPECT_EQ(episode.total_reward(), result.total_reward);
    EXPECT_EQ(episode.action[0], 0);
    EXPECT_EQ(episode.reward[0], 0);
    EXPECT_THAT(episode.discount, ::testing::Each(1.0F));
    const auto [least, most] = std::minmax_element(episode.action.begin(), episode.action.end());
    EXPECT_LT(*least, -0.9F);
    EXPECT_GT(*most, 0.9F);
    EXPECT_TRUE(episode.vectors.contains("to_target"));
    EXPECT_TRUE(episode.model.contains("geom_pos_target"));
  }
  EXPECT_NE(data::read_episode(results[0].path).action, data::read_episode(results[1].path).action);
}

TEST_F(Collector, EnvironmentsSideBySideGiveTheEpisodesOfEachAlone) {
  const auto together = run(options(4, 2));
  ASSERT_EQ(together.size(), 4U);
  for (const auto& result : together) {
    auto alone = options(2, 1);
    alone.out = folder_ / "alone";
    alone.seed = result.seed;
    const auto results = run(alone);
    expect_same(data::read_episode(result.path),
                data::read_episode(results.at(static_cast<std::size_t>(result.index)).path));
  }
}

TEST_F(Collector, KeepsWhatAnEarlierRunWroteAndMakesWhatIsMissing) {
  const auto first = run(options(3, 1));
  const auto last = data::read_episode(first[2].path);
  fs::remove(first[2].path);
  const auto time = fs::last_write_time(first[0].path);
  const auto again = run(options(3, 1));
  ASSERT_EQ(again.size(), 3U);
  EXPECT_TRUE(again[0].kept);
  EXPECT_TRUE(again[1].kept);
  EXPECT_FALSE(again[2].kept);
  EXPECT_EQ(fs::last_write_time(first[0].path), time);
  EXPECT_EQ(again[0].total_reward, first[0].total_reward);
  expect_same(data::read_episode(again[2].path), last);
}

TEST_F(Collector, AnEpisodeOfAnotherKindInTheWayIsAnErrorBeforeAnyWork) {
  (void)run(options(1, 1));
  auto other = options(2, 1);
  other.environment.action_repeat = 10;
  try {
    (void)run(other);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("action repeat"));
    EXPECT_THAT(e.what(), HasSubstr("--force"));
  }
  EXPECT_EQ(files().size(), 1U);
  other.replace = io::Replace::yes;
  EXPECT_EQ(run(other).size(), 2U);
}

TEST_F(Collector, AnotherTimeLimitOrCameraIsAnotherKindOfEpisode) {
  (void)run(options(1, 1));
  const auto says = [&](const CollectOptions& other) -> std::string {
    try {
      (void)run(other);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  auto other = options(1, 1);
  other.environment.time_limit = 981;  // in steps of 20 as long as 1000
  EXPECT_THAT(says(other), HasSubstr("time limit"));
  other = options(1, 1);
  other.environment.camera = "hand";
  EXPECT_THAT(says(other), HasSubstr("camera"));
  EXPECT_EQ(says(options(1, 1)), "");
}

TEST_F(Collector, AnotherPolicysEpisodeIsNotKept) {
  (void)run(options(1, 1));
  auto other = options(1, 1);
  other.policy = "0123456789abcdef0123456789abcdef";
  EXPECT_THROW((void)run(other), Error);
  other = options(1, 1);
  other.acting = "mode";
  EXPECT_THROW((void)run(other), Error);
}

TEST_F(Collector, ADamagedFileIsAnErrorAndReplacedWhenToldTo) {
  const auto path = run(options(1, 1))[0].path;
  fs::resize_file(path, 1000);
  EXPECT_THROW((void)run(options(1, 1)), Error);
  auto force = options(1, 1);
  force.replace = io::Replace::yes;
  EXPECT_FALSE(run(force)[0].kept);
  EXPECT_EQ(data::read_episode(path).length(), 51);
}

TEST_F(Collector, AnErrorInOneThreadStopsTheOthers) {
  class Broken : public Policy {
   public:
    void begin(EpisodeId id) override { breaks_ = id.seed == 11; }
    std::vector<float> act(const Step&) override {
      if (breaks_) throw error("no idea");
      return {0.0F, 0.0F};
    }

   private:
    bool breaks_ = false;
  };
  try {
    collect(options(10000, 2), [] { return std::make_unique<Broken>(); }, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no idea"));
  }
  EXPECT_LT(files().size(), 5000U);
  for (const auto& name : files()) EXPECT_TRUE(name.ends_with(".h5")) << name;
}

TEST_F(Collector, AThrowingSinkEndsTheRunAndKeepsWhatIsDone) {
  std::int64_t told = 0;
  EXPECT_THROW(collect(options(100, 1), {},
                       [&](const EpisodeResult&) {
                         if (++told == 2) throw std::runtime_error("closed pipe");
                       }),
               std::runtime_error);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(files().size(), 2U);
}

// A process of its own, since it is killed.
TEST_F(Collector, AfterAKillTheSameRunCompletesTheSameSet) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    collect(options(100000, 2), {}, {});
    _exit(0);
  }
  while (!fs::exists(folder_) || files().size() < 6)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);

  const auto results = run(options(8, 2));
  EXPECT_EQ(results.size(), 8U);
  EXPECT_TRUE(std::ranges::any_of(results, &EpisodeResult::kept));
  for (const auto& result : results) EXPECT_EQ(data::read_episode(result.path).length(), 51);
}

TEST_F(Collector, FollowingAsksBeforeEachEpisodeWhoActs) {
  std::vector<std::shared_ptr<const PolicyHandle>> policies;
  for (const char* id : {"a", "b"})
    policies.push_back(std::make_shared<PolicyHandle>(PolicyHandle{{}, id}));
  std::size_t asked = 0;
  std::vector<std::string> acted;
  follow(
      options(10, 1), [&] { return asked < 5 ? policies.at(asked++ / 3) : nullptr; },
      [&](const EpisodeResult& result) {
        acted.push_back(io::read_provenance(io::FileReader(result.path)).parents.at(0).id);
      });
  EXPECT_THAT(acted, ::testing::ElementsAre("a", "a", "b", "b"));  // the first answer is waited for
  EXPECT_EQ(files().size(), 4U);
}

TEST_F(Collector, FollowingGoesOnBehindTheLastEpisodeOfItsSeed) {
  const PolicyProvider source = [random = std::make_shared<const PolicyHandle>()] {
    return random;
  };
  const auto numbers = [&](const CollectOptions& options) {
    std::vector<std::int64_t> indices;
    follow(options, source, [&](const EpisodeResult& r) { indices.push_back(r.index); });
    return indices;
  };
  const auto whole = run(options(4, 1));
  const auto last = data::read_episode(whole[3].path);
  for (const std::size_t k : {std::size_t{0}, std::size_t{3}}) fs::remove(whole[k].path);
  EXPECT_THAT(numbers(options(4, 1)), ::testing::ElementsAre(3));
  expect_same(data::read_episode(whole[3].path), last);
  EXPECT_FALSE(fs::exists(whole[0].path)) << "its seed was used";
  EXPECT_THAT(numbers(options(4, 1)), ::testing::IsEmpty());
  // Another seed begins anew; another kind of episode is refused.
  auto other = options(1, 1);
  other.seed = 12;
  EXPECT_THAT(numbers(other), ::testing::ElementsAre(0));
  other.environment.action_repeat = 10;
  EXPECT_THROW((void)numbers(other), Error);
}

TEST_F(Collector, CountsEpisodesForSteps) {
  EXPECT_EQ(episodes_for_steps(1, {.action_repeat = 2}), 1);
  EXPECT_EQ(episodes_for_steps(500, {.action_repeat = 2}), 1);
  EXPECT_EQ(episodes_for_steps(501, {.action_repeat = 2}), 2);
  EXPECT_EQ(episodes_for_steps(501, {.action_repeat = 2, .time_limit = 249}), 5);
}

TEST(Seeds, OfTrainingAndEvaluationNeverMeet) {
  std::set<std::int64_t> seeds;
  for (std::int64_t seed : {std::int64_t{0}, std::int64_t{1}, kLargestSeed})
    for (std::int64_t i = 0; i < 50; ++i) {
      const auto training = training_seeds(seed, 50)[static_cast<std::size_t>(i)],
                 evaluation = evaluation_seed(seed, i);
      EXPECT_GE(training, 0);
      EXPECT_LE(training, kLargestSeed);
      EXPECT_GT(evaluation, kLargestSeed);
      EXPECT_LT(evaluation, std::int64_t{1} << 32);
      seeds.insert({training, evaluation});
    }
  EXPECT_EQ(seeds.size(), 300U);
  EXPECT_EQ(training_seeds(7, 1), (std::vector<std::int64_t>{7}));
}

// As in all earlier versions: the files of their runs are found again.
TEST(Seeds, AreThoseOfEarlierRuns) {
  EXPECT_THAT(training_seeds(0, 3), ::testing::ElementsAre(0, 946743714, 2094320538));
  EXPECT_THAT(training_seeds(70012, 4),
              ::testing::ElementsAre(70012, 154886192, 1645875090, 1230646828));
}

TEST(Seeds, OfARunsEnvironmentsAllDiffer) {
  // The hashes of environment 3 in round 12 and of environment 5 in round 22 are the same.
  constexpr std::int64_t kEnvironments = 8, kRun = 2051 * kSeedsOfARun, kMet = 1559051477;
  EXPECT_EQ(training_seeds(kRun + 12, kEnvironments)[3], kMet) << "the first one keeps its own";
  EXPECT_NE(training_seeds(kRun + 22, kEnvironments)[5], kMet);
  std::set<std::int64_t> seeds;
  for (std::int64_t round = 0; round <= 30; ++round)
    for (const std::int64_t seed : training_seeds(kRun + round, kEnvironments)) {
      EXPECT_TRUE(seeds.insert(seed).second) << "round " << round;
      EXPECT_GE(seed, 0);
      EXPECT_LE(seed, kLargestSeed);
    }
}

}  // namespace
}  // namespace dreamer
