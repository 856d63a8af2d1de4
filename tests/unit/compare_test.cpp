#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "compare/aggregate.h"
#include "compare/groups.h"
#include "compare/run_table.h"
#include "core/error.h"

namespace dreamer::compare {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Aggregate, IsTheMeanWhereAllLinesReach) {
  const Line whole{{0, 10, 20}, {0, 10, 20}, {}, {}}, late{{5, 15}, {1, 3}, {}, {}};
  const Line line = aggregate({whole, late}, {.center = "mean", .band = "minmax"});
  EXPECT_THAT(line.x, ElementsAre(5, 10, 15));
  EXPECT_THAT(line.y, ElementsAre((5 + 1) / 2.0, (10 + 2) / 2.0, (15 + 3) / 2.0));
  EXPECT_THAT(line.low, ElementsAre(1, 2, 3));
  EXPECT_THAT(line.high, ElementsAre(5, 10, 15));
}

TEST(Aggregate, HasTheBandThatIsAskedFor) {
  const std::vector<Line> lines = {{{0}, {1}, {}, {}}, {{0}, {3}, {}, {}}};
  const auto with = [&](const char* band) { return aggregate(lines, {.band = band}); };
  EXPECT_THAT(with("std").low, ElementsAre(1));
  EXPECT_THAT(with("none").low, ElementsAre());
  EXPECT_THAT(with("ci95").high, ElementsAre(3));
}

TEST(Aggregate, OfLinesThatNowhereLieSideBySideIsAnError) {
  EXPECT_THAT(
      [] {
        static_cast<void>(aggregate({{{0}, {1}, {}, {}}, {{5}, {3}, {}, {}}}, {}));
      },
      ThrowsMessage<Error>(HasSubstr("no stretch in common")));
}

TEST(Smoothed, IsTheMeanOfTheNeighbours) {
  const Line line{{0, 1, 2, 3}, {0, 3, 6, 12}, {}, {}};
  EXPECT_THAT(smoothed(line, 3).y, ElementsAre(1.5, 3, 7, 9));
  EXPECT_THAT(smoothed(line, 1).y, ElementsAre(0, 3, 6, 12));
  EXPECT_THAT(smoothed(line, 100).y, ElementsAre(5.25, 5.25, 5.25, 5.25));
}

TEST(MeanHeight, IsTheAreaByTheWidth) {
  EXPECT_EQ(mean_height({{0, 10, 30}, {0, 10, 10}, {}, {}}), (50 + 200) / 30.0);
  EXPECT_EQ(mean_height({{7}, {3}, {}, {}}), 3);
}

/// Folders of runs.
class Runs : public testing::Test {
 protected:
  Runs() : folder_(fs::path(testing::TempDir()) / fmt::format("runs-{}", getpid())) {
    fs::create_directories(folder_);
  }
  ~Runs() override { fs::remove_all(folder_); }

  fs::path run(const std::string& name, const Json& settings, const std::vector<double>& returns) {
    const fs::path path = folder_ / name;
    fs::create_directories(path);
    std::ofstream(path / "run.json") << settings;
    std::ofstream curve(path / "curve.jsonl");
    for (std::size_t i = 0; i < returns.size(); ++i)
      curve << Json({{"task", settings["task"]},
                     {"frames", 52500 * (i + 1)},
                     {"seconds", 60 * (i + 1)},
                     {"mean", returns[i]},
                     {"ci95", {returns[i] - 1, returns[i] + 1}}})
            << "\n";
    return path / "curve.jsonl";
  }
  static Json settings(double kl, int seed) {
    return {{"task", "walker_walk"}, {"seed", seed}, {"settings", {{"model", {{"kl_scale", kl}}}}}};
  }

  fs::path folder_;
};

TEST_F(Runs, AreGroupedByTheirSettings) {
  const std::vector<fs::path> logs = {run("a", settings(5, 0), {1}), run("b", settings(1, 0), {1}),
                                      run("c", settings(5, 1), {1})};
  const auto groups = group_by(logs, {"task", "model.kl_scale"});
  ASSERT_EQ(groups.size(), 2);
  EXPECT_EQ(groups[0].name, "walker_walk, kl_scale=5");
  EXPECT_THAT(groups[0].members, ElementsAre(0, 2));
  EXPECT_EQ(groups[1].name, "walker_walk, kl_scale=1");
  EXPECT_EQ(group_by(logs, {"folder"})[2].name, "c");
  EXPECT_THAT([&] { static_cast<void>(group_by(logs, {"model.kl_skale"})); },
              ThrowsMessage<Error>(HasSubstr("did you mean model.kl_scale")));
  fs::remove(folder_ / "b/run.json");
  EXPECT_THAT([&] { static_cast<void>(group_by(logs, {"task"})); },
              ThrowsMessage<Error>(HasSubstr("no run.json")));
}

TEST_F(Runs, AreATableWithARowForEachGroup) {
  run("a", settings(5, 0), {100, 300});
  run("b", settings(5, 1), {300, 100});
  run("c", settings(1, 0), {50});
  const auto table = run_table({folder_ / "a", folder_ / "b", folder_ / "c"}, {"model.kl_scale"});
  ASSERT_EQ(table.size(), 2);
  const Json& two = table[0];
  EXPECT_EQ(two["runs"], 2);
  EXPECT_EQ(two["frames"], 105000);
  EXPECT_EQ(two["last"], 200);
  EXPECT_EQ(two["best"], 300);
  EXPECT_EQ(two["average"], 200);
  EXPECT_EQ(two["minutes"], 2);
  EXPECT_EQ(two["ci95"], Json({100, 300}));
  EXPECT_NEAR(two["published"], 137, 1) << "walker_walk at 105,000 frames in paper_scores.json";
  EXPECT_EQ(table[1]["ci95"], Json({49, 51})) << "of a single run: over its episodes";
  EXPECT_THAT(run_table_text(table), HasSubstr("kl_scale=5"));
}

TEST_F(Runs, WithoutEvaluationsAreAnError) {
  const fs::path log = run("a", settings(5, 0), {});
  std::ofstream(log) << R"({"update":1,"kl":3})";
  EXPECT_THAT([&] { static_cast<void>(run_table({folder_ / "a"}, {"folder"})); },
              ThrowsMessage<Error>(HasSubstr("no evaluations")));
  EXPECT_THAT([&] { static_cast<void>(run_table({folder_}, {"folder"})); },
              ThrowsMessage<Error>(HasSubstr("give the folder of a run")));
}

}  // namespace
}  // namespace dreamer::compare
