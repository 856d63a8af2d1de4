#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "core/json.h"
#include "data_fixture.h"
#include "media/chart.h"
#include "media/render.h"

namespace dreamer::media {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A folder for the files of one test.
class Curves : public testing::Test {
 protected:
  Curves() : folder_(fs::path(testing::TempDir()) / fmt::format("curves-{}", getpid())) {
    fs::create_directories(folder_);
  }
  ~Curves() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  static Canvas plotted(const std::vector<fs::path>& files, const std::string& name) {
    return curves(files, {.plot = {name}});
  }

  fs::path folder_;
};

/// Rows from the top of the canvas to the first pixel of the colour in a column; -1: none.
int first_row(const Canvas& canvas, int x, Color color) {
  for (int y = 0; y < canvas.height; ++y)
    if (canvas.at(y, x) == color) return y;
  return -1;
}

bool has(const Canvas& canvas, Color color) {
  for (int x = 0; x < canvas.width; ++x)
    if (first_row(canvas, x, color) >= 0) return true;
  return false;
}

TEST(Chart, TicksAreRoundAndHoldTheRange) {
  EXPECT_THAT(ticks({0, 10}, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks({-3, 12}, 4), ElementsAre(-5, 0, 5, 10, 15));
  EXPECT_THAT(ticks({2000, 4905000}, 5), ElementsAre(0, 1e6, 2e6, 3e6, 4e6, 5e6));
}

TEST(Chart, TicksAreFewAndHoldWhateverADoubleHolds) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  for (const double low :
       {-1e300, -1.0, -tiny, 0.0, tiny, 0.1, 1.0, 1e17, 1.7956492121234568e18, 1e300})
    for (const double high : {-1e300, -1.0, 0.0, tiny, 0.1, std::nextafter(0.1, 1), 1e17 + 16,
                              1.795649212123457e18, 1e300}) {
      const Interval held = drawable(low, high);
      ASSERT_LT(held.low, held.high);
      for (const int most : {2, 7, 20}) {
        const std::vector<double> found = ticks(held, most);
        ASSERT_GE(found.size(), 2U);
        EXPECT_LE(std::ssize(found), most + 3) << low << " " << high;
        EXPECT_TRUE(std::ranges::all_of(found, [](double tick) { return std::isfinite(tick); }));
        EXPECT_LE(found.front(), held.low + 1e-8 * (held.high - held.low));
        EXPECT_GE(found.back(), held.high - 1e-8 * (held.high - held.low));
      }
    }
}

TEST(Chart, NumbersThatDifferInTheirLastBitsAreDrawnAsEqual) {
  EXPECT_DOUBLE_EQ(drawable(0.1, std::nextafter(0.1, 1)).low, drawable(0.1, 0.1).low);
  EXPECT_EQ(drawable(1e17, 1e17 + 16).low, 1e17 - (1e17 + 16) / 2);
  EXPECT_EQ(drawable(2, 2), (Interval{1, 3}));
  EXPECT_EQ(drawable(0, 0), (Interval{-1, 1}));
  EXPECT_EQ(drawable(2, 3), (Interval{2, 3}));
}

TEST(Chart, TickLabelsAreShort) {
  EXPECT_EQ(tick_label(0.05), "0.05");
  EXPECT_EQ(tick_label(-0.0), "0");
  EXPECT_EQ(tick_label(5000), "5000");
  EXPECT_EQ(tick_label(200000), "200k");
  EXPECT_EQ(tick_label(1.5e6), "1.5M");
}

TEST(Chart, ALineRisesWhereItsNumbersDo) {
  const Chart chart{"y", "x", {{"", {0, 10}, {0, 1}, {}, {}, line_color(0)}}, {}};
  const Canvas canvas = draw(chart, 200, 300, 1);
  EXPECT_GT(first_row(canvas, 100, line_color(0)), first_row(canvas, 200, line_color(0)));
}

TEST(Chart, ReferencesGoNoFurtherThanTheLines) {
  const Series line{"", {0, 10}, {0, 1}, {}, {}, line_color(0)};
  const Series reference{"", {0, 1000}, {0, 100000}, {}, {}, theme::kTruth};
  const Canvas alone = draw({"y", "x", {line}, {}}, 200, 300, 1);
  const Canvas both = draw({"y", "x", {line}, {reference}}, 200, 300, 1);
  EXPECT_FALSE(has(alone, theme::kTruth));
  EXPECT_TRUE(has(both, theme::kTruth));
  // It is 1000 where the line ends: the vertical axis goes no further, and it rises to the corner.
  EXPECT_LT(first_row(both, 280, theme::kTruth), 60);
}

TEST_F(Curves, OfWhatWasSaidTwiceTheLaterCounts) {
  const auto once = file("a.jsonl", "{\"update\":1,\"kl\":1}\n{\"update\":2,\"kl\":3}\n");
  const auto twice = file("b.jsonl",
                          "{\"update\":1,\"kl\":9}\n{\"update\":2,\"kl\":7}\n"
                          "{\"update\":1,\"kl\":1}\n{\"update\":2,\"kl\":3}\n");
  EXPECT_EQ(plotted({once}, "kl"), plotted({twice}, "kl"));
}

TEST_F(Curves, ATornLineIsLeftOut) {
  const auto whole = file("a.jsonl", "{\"update\":1,\"kl\":1}\n{\"update\":2,\"kl\":3}\n");
  const auto torn = file("b.jsonl", "{\"update\":1,\"kl\":1}\n{\"upd\n{\"update\":2,\"kl\":3}\n");
  EXPECT_EQ(plotted({whole}, "kl"), plotted({torn}, "kl"));
}

TEST_F(Curves, AnUnknownNameIsAnErrorWithTheNearest) {
  const auto path = file("a.jsonl", "{\"update\":1,\"image_loss\":1}\n");
  EXPECT_THAT([&] { static_cast<void>(plotted({path}, "image_los")); },
              ThrowsMessage<Error>(HasSubstr("did you mean image_loss")));
}

TEST_F(Curves, OlderNamesOfMetricsStillPlot) {
  const auto older = file("older.jsonl",
                          R"({"update":1,"share_at_bounds":0.1}
{"update":2,"share_at_bounds":0.4})"),
             newer = file("newer.jsonl",
                          R"({"update":1,"action_saturation":0.1}
{"update":2,"action_saturation":0.4})");
  const Canvas wanted = curves({newer}, {.plot = {"action_saturation"}});
  EXPECT_EQ(curves({older}, {.plot = {"action_saturation"}}), wanted);
  EXPECT_EQ(curves({older}, {.plot = {"share_at_bounds"}}), wanted);
  const auto run = file("run.jsonl",
                        R"({"update":1,"behavior":{"share_at_bounds":0.1}}
{"update":2,"behavior":{"share_at_bounds":0.4}})");
  EXPECT_EQ(curves({run}, {.plot = {"behavior.share_at_bounds"}}),
            curves({run}, {.plot = {"behavior.action_saturation"}}));
}

TEST_F(Curves, WithoutAnythingAsideEveryNumberButTheClocksIsAPanel) {
  const auto path = file(
      "a.jsonl",
      R"({"update":1,"kl":1,"loss":2,"updates_per_second":3,"seconds":4,"overhead_seconds":1})");
  const Canvas all = curves({path}, {}), two = curves({path}, {.plot = {"kl", "loss"}});
  EXPECT_EQ(all, two);
}

TEST_F(Curves, EvaluationsOfModelsAreShownByHorizon) {
  const auto path = file("a.json", R"({"horizon":2,"psnr":1,"by_horizon":{"psnr":[30,20]}})");
  const auto lines = file("b.jsonl", "{\"horizon\":1,\"psnr\":30}\n{\"horizon\":2,\"psnr\":20}\n");
  EXPECT_EQ(plotted({path}, "psnr"), plotted({lines}, "psnr"));
}

TEST_F(Curves, APublishedCurveStandsBesideItsTask) {
  const std::string end = "\",\"frames\":5000,\"mean\":30,\"ci95\":[20,40]}\n";
  const std::string later = "\",\"frames\":300000,\"mean\":90,\"ci95\":[80,99]}\n";
  const auto curve = [&](const std::string& task) {
    const std::string begin = R"({"task":")" + task;
    return file(task + ".jsonl", begin + end + begin + later);
  };
  EXPECT_TRUE(has(curves({curve("walker_walk")}, {}), theme::kTruth));
  EXPECT_FALSE(has(curves({curve("walker_moonwalk")}, {}), theme::kTruth));
}

TEST_F(Curves, ALogOfDrTrainHasReturnsAndTheMetricsOfBothFits) {
  const fs::path log = file("log.jsonl",
                            R"({"return":20,"task":"walker_walk","frames":1000,"length":251}
{"update":10,"model":{"kl":3},"behavior":{"entropy":1},"frames":1000}
{"task":"cartpole_swingup","mean":100,"ci95":[90,110],"frames":1000}
{"update":20,"model":{"kl":5},"behavior":{"entropy":2},"frames":200000}
{"task":"cartpole_swingup","mean":300,"ci95":[290,310],"frames":200000}
)");
  // Only what was evaluated says whose published curve it is.
  EXPECT_TRUE(has(curves({log}, {}), theme::kTruth));
  const Canvas kl = curves({log}, {.plot = {"model.kl", "behavior.entropy"}, .against = "update"});
  EXPECT_FALSE(has(kl, theme::kTruth));
  EXPECT_THAT([&] { plotted({log}, "model.lk"); }, ThrowsMessage<Error>(HasSubstr("model.kl")));
}

TEST_F(Curves, NumbersInTheirLastBitsOrAtTheEndsOfTheRangeAreAFigure) {
  // the numbers of two lines, and of a third
  const std::vector<std::vector<std::string>> logs{{"1e17", "100000000000000016"},
                                                   {"0.1", "0.10000000000000002"},
                                                   {"5e-324", "0"},
                                                   {"-1e300", "1e300"},
                                                   {"-1.7e308", "1.7e308", "2"}};
  for (const std::vector<std::string>& values : logs) {
    std::string lines;
    for (std::size_t i = 0; i < values.size(); ++i)
      lines += fmt::format("{{\"update\":{},\"loss\":{}}}\n", i, values[i]);
    EXPECT_TRUE(has(plotted({file("a.jsonl", lines)}, "loss"), line_color(0))) << lines;
  }
  const auto ends = file("b.jsonl",
                         "{\"update\":-9223372036854775808,\"loss\":1}\n"
                         "{\"update\":18446744073709551615,\"loss\":2}\n");
  EXPECT_TRUE(has(plotted({ends}, "loss"), line_color(0)));
}

TEST_F(Curves, NumbersThatNoChartCanShowAreAnErrorThatSaysSo) {
  const auto beyond = file("a.jsonl", "{\"update\":1,\"loss\":1.7e308}\n");
  EXPECT_THAT([&] { plotted({beyond}, "loss"); },
              ThrowsMessage<Error>(HasSubstr("no values of loss over update")));
  const auto missing = file("b.jsonl", "{\"update\":1,\"loss\":null}\n");
  EXPECT_THAT([&] { static_cast<void>(curves({missing}, {})); },
              ThrowsMessage<Error>(HasSubstr("no values beside update")));
  EXPECT_THAT([&] { plotted({missing}, ""); }, ThrowsMessage<Error>(HasSubstr("--plot")));
}

TEST_F(Curves, FieldsOfOtherTypesAreNoNumbers) {
  const auto log = file("a.jsonl",
                        "{\"frames\":1,\"mean\":2,\"ci95\":[null,\"x\"],\"task\":7}\n"
                        "{\"frames\":2,\"mean\":3,\"ci95\":{},\"inner\":{\"deep\":[[[[]]]]}}\n"
                        "{\"by_horizon\":{\"psnr\":7,\"mse\":[null,[1]]}}\n");
  EXPECT_TRUE(has(plotted({log}, "mean"), line_color(0)));
}

TEST_F(Curves, AnyNameOfAMetricIsDrawn) {
  const auto log =
      file("a.jsonl", "{\"update\":1,\"\":2,\"a,b\":3}\n{\"update\":2,\"\":3,\"a,b\":1}\n");
  EXPECT_TRUE(has(curves({log}, {}), line_color(0)));
}

TEST_F(Curves, TooManyPanelsAreRefused) {
  Json line = {{"update", 1}};
  for (int i = 0; i < 1000; ++i) line[fmt::format("metric{}", i)] = i;
  const auto log = file("a.jsonl", line.dump() + "\n");
  EXPECT_THAT([&] { static_cast<void>(curves({log}, {})); },
              ThrowsMessage<Error>(HasSubstr("1000 panels are too many")));
}

TEST_F(Curves, TheyAreNoVideo) {
  const auto path = file("a.jsonl", "{\"update\":1,\"kl\":1}\n");
  RenderJob job;
  job.inputs = inputs_of({path});
  job.out = folder_ / "a.mp4";
  EXPECT_THAT([&] { render(job); }, ThrowsMessage<Error>(HasSubstr(".png")));
}

TEST_F(Curves, TheyShareNoFigureWithEpisodes) {
  const auto curve = file("a.jsonl", "{\"update\":1,\"kl\":1}\n");
  data::Episode episode = testing_data::make_episode(0, 3);
  EXPECT_THAT(
      [&] {
        static_cast<void>(inputs_of({curve, testing_data::write(folder_, episode)}));
      },
      ThrowsMessage<Error>(HasSubstr("of their own")));
}

TEST(Chart, LogarithmicTicksArePowersOfTen) {
  EXPECT_THAT(log_ticks({-2, 4}), ElementsAre(-2, -1, 0, 1, 2, 3, 4));
  const auto fine = log_ticks({1.1, 1.9});
  EXPECT_THAT(fine, ElementsAre(1, 1 + std::log10(2), 1 + std::log10(5), 2));
  EXPECT_LE(log_ticks({-300, 300}).size(), 12);
  EXPECT_THAT(log_ticks({0, 17}), ElementsAre(0, 2, 4, 6, 8, 10, 12, 14, 16, 18));
}

TEST(Chart, ALogarithmicAxisLeavesOutWhatIsNotAboveZero) {
  Chart chart{.y_label = "loss", .x_label = "updates"};
  chart.series.push_back({"", {1, 10, 100}, {-1, 10, 1000}, {}, {}, line_color(0)});
  chart.log_x = chart.log_y = true;
  const Canvas canvas = draw(chart, 200, 300, 1);
  EXPECT_TRUE(has(canvas, line_color(0)));
  chart.series[0].x.erase(chart.series[0].x.begin());
  chart.series[0].y.erase(chart.series[0].y.begin());
  EXPECT_EQ(draw(chart, 200, 300, 1), canvas);
}

TEST_F(Curves, RunsOfAGroupAreOneLineWithABand) {
  fs::create_directories(folder_ / "a");
  fs::create_directories(folder_ / "b");
  const auto curve = [&](const char* folder, int high) {
    return file(fmt::format("{}/curve.jsonl", folder),
                fmt::format("{{\"frames\":0,\"mean\":0}}\n{{\"frames\":9,\"mean\":{}}}\n", high));
  };
  const std::vector<fs::path> both = {curve("a", 100), curve("b", 300)};
  for (const char* folder : {"a", "b"})
    std::ofstream(folder_ / folder / "run.json") << R"({"task":"t","seed":0,"settings":{}})";
  const Canvas one = curves(both, {.group_by = {"task"}});
  EXPECT_FALSE(has(one, line_color(1)));
  EXPECT_TRUE(has(curves(both, {.group_by = {"folder"}}), line_color(1)));
  const Canvas mean = curves(both, {.group_by = {"task"}, .aggregation = {.band = "none"}});
  EXPECT_NE(mean, one);
  EXPECT_NE(curves(both, {.smooth = 2}), curves(both, {}));
}

}  // namespace
}  // namespace dreamer::media
