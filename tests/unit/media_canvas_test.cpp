#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "media/canvas.h"
#include "media/layout.h"
#include "media/plot.h"
#include "media/text.h"

namespace dreamer::media {
namespace {

constexpr Color kRed{255, 0, 0}, kGreen{0, 255, 0};

TEST(Canvas, EnlargingRepeatsPixelsAndSmoothsNothing) {
  Canvas canvas(1, 2, kRed);
  canvas.set(0, 1, kGreen);
  const Canvas large = enlarge(canvas, 3);
  ASSERT_EQ(large.height, 3);
  ASSERT_EQ(large.width, 6);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 6; ++x) EXPECT_EQ(large.at(y, x), x < 3 ? kRed : kGreen);
}

TEST(Canvas, StackingAddsSizesAndGaps) {
  const std::vector<Canvas> canvases{Canvas(2, 3, kRed), Canvas(5, 7, kGreen)};
  const Canvas row = beside(canvases, 4), column = below(canvases, 4);
  EXPECT_EQ(row.height, 5);
  EXPECT_EQ(row.width, 3 + 4 + 7);
  EXPECT_EQ(row.at(0, 0), kRed);
  EXPECT_EQ(row.at(0, 3), theme::kBackground);
  EXPECT_EQ(row.at(4, 7), kGreen);
  EXPECT_EQ(column.height, 2 + 4 + 5);
  EXPECT_EQ(column.width, 7);
  EXPECT_EQ(column.at(6, 0), kGreen);
}

TEST(Canvas, GridPutsTheLastIncompleteRowAtTheLeft) {
  const std::vector<Canvas> canvases(5, Canvas(2, 3, kRed));
  const Canvas canvas = grid(canvases, 3, 1);
  EXPECT_EQ(canvas.height, 2 + 1 + 2);
  EXPECT_EQ(canvas.width, 3 + 1 + 3 + 1 + 3);
  EXPECT_EQ(canvas.at(4, 6), kRed);
  EXPECT_EQ(canvas.at(4, 8), theme::kBackground);
}

TEST(Canvas, BorderSurroundsIt) {
  const Canvas canvas = border(Canvas(1, 1, kRed), 2, kGreen);
  EXPECT_EQ(canvas.height, 5);
  EXPECT_EQ(canvas.at(2, 2), kRed);
  EXPECT_EQ(canvas.at(2, 3), kGreen);
  EXPECT_EQ(canvas.at(0, 0), kGreen);
}

TEST(Canvas, PastingOutsideCutsOff) {
  Canvas canvas(3, 3, kRed);
  paste(canvas, Canvas(3, 3, kGreen), -2, 2);
  EXPECT_EQ(canvas.at(0, 2), kGreen);
  EXPECT_EQ(canvas.at(1, 2), kRed);
  EXPECT_EQ(canvas.at(0, 1), kRed);
  const Canvas before = canvas;
  paste(canvas, Canvas(3, 3, kGreen), 3, 0);
  paste(canvas, Canvas(3, 3, kGreen), 0, -3);
  EXPECT_EQ(canvas, before);
}

TEST(Canvas, ErrorIsGreyWhereTheModelIsRight) {
  Canvas truth(1, 3), model(1, 3);
  truth.rgb = {10, 20, 30, 255, 255, 255, 0, 0, 0};
  model.rgb = {10, 20, 30, 0, 0, 0, 255, 255, 255};
  const Canvas error = error_canvas(truth, model);
  EXPECT_EQ(error.at(0, 0), (Color{128, 128, 128}));
  EXPECT_EQ(error.at(0, 1), (Color{0, 0, 0}));
  EXPECT_EQ(error.at(0, 2), (Color{255, 255, 255}));
  EXPECT_THROW(static_cast<void>(error_canvas(truth, Canvas(2, 3))), Error);
}

TEST(Canvas, GreyImagesBecomeRgbAndOtherChannelsAreRefused) {
  const std::vector<std::uint8_t> pixels{7, 200};
  EXPECT_EQ(canvas_of(pixels, 1, 2, 1).at(0, 1), (Color{200, 200, 200}));
  EXPECT_THROW(static_cast<void>(canvas_of(pixels, 1, 1, 2)), Error);
}

TEST(Text, TakesTheRoomItSays) {
  Canvas canvas(40, 200);
  draw_text(canvas, 0, 0, "gH|", theme::kText, 2);
  int right = 0, bottom = 0;
  for (int y = 0; y < canvas.height; ++y)
    for (int x = 0; x < canvas.width; ++x)
      if (canvas.at(y, x) == theme::kText) {
        right = std::max(right, x + 1);
        bottom = std::max(bottom, y + 1);
      }
  EXPECT_LE(right, text_width("gH|", 2));
  EXPECT_EQ(bottom, text_height(2));  // the tail of the g
}

TEST(Text, EveryPrintableCharacterLooksDifferent) {
  std::vector<Canvas> glyphs;
  for (char c = ' '; c < 127; ++c) {
    Canvas glyph(text_height(1), text_width("x", 1));
    draw_text(glyph, 0, 0, std::string(1, c), theme::kText, 1);
    for (const Canvas& other : glyphs) EXPECT_FALSE(glyph == other) << c;
    glyphs.push_back(glyph);
  }
}

TEST(Text, UnknownBytesShowAsQuestionMarks) {
  Canvas a(9, 5), b(9, 5);
  draw_text(a, 0, 0, "\xff", theme::kText, 1);
  draw_text(b, 0, 0, "?", theme::kText, 1);
  EXPECT_EQ(a, b);
}

TEST(Plot, SurvivesGapsAndConstants) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> values{nan, nan, 1, nan}, one{5};
  Range range;
  range.include(values);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 1);
  for (std::int64_t now = -1; now < 6; ++now) {
    const Canvas canvas = plot(std::vector<Curve>{{values, kRed}, {one, kGreen}}, {"a", "b"}, range,
                               now, {.width = 33, .height = 21, .size = 1});
    EXPECT_EQ(canvas.height, 21);
    EXPECT_EQ(canvas.width, 33);
  }
}

/// Columns from the left to the last pixel of the colour in the first `rows` rows; 0: none.
int right_end(const Canvas& canvas, int rows, Color color) {
  int end = 0;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < canvas.width; ++x)
      if (canvas.at(y, x) == color) end = std::max(end, x + 1);
  return end;
}

TEST(Plot, NoCaptionIsCutOffWhateverTheWidth) {
  const std::vector<float> reward{-123.4F, 0.5F}, truth{3e7F, 99.99F};
  Range range;
  range.include(reward);
  range.include(truth);
  const std::vector<std::string> names{"reward", "true"};
  for (const int width : {10, 68, 132, 165, 166, 600})
    for (std::int64_t now = 0; now < 2; ++now) {
      const PlotStyle style = plot_style(names, range, Values::shown, width, 20, 1);
      const Canvas canvas =
          plot(std::vector<Curve>{{reward, kRed}, {truth, kGreen}}, names, range, now, style);
      const int caption = style.height - 20;  // in which no curve runs
      const auto value = [&](float x) {
        return fmt::format(" {:.{}f}", x, x < 100 && x > -100 ? 2 : 0);
      };
      const std::string last = now == 0 ? "true 3.0e+07" : "true" + value(99.99F);
      const bool lines = caption > text_height(1);
      EXPECT_EQ(right_end(canvas, caption, kRed), text_width("reward" + value(reward[now]), 1))
          << width;
      const int x = lines ? 0 : text_width("reward" + value(reward[now]), 1) + 12;
      EXPECT_NEAR(right_end(canvas, caption, kGreen), x + text_width(last, 1), 1) << width;
      EXPECT_EQ(lines, width < 166) << width;
    }
}

TEST(Layout, MeasuresWhatIsDrawn) {
  const Layout layout(3, 8, 8);
  const Canvas body = below(std::vector<Canvas>{Canvas(2, 300), Canvas(5, 7)}, 4);
  EXPECT_EQ(below(std::vector<Size>{{2, 300}, {5, 7}}, 4), (Size{body.height, body.width}));
  EXPECT_EQ(beside(std::vector<Size>{{2, 300}, {5, 7}}, 4), (Size{5, 311}));
  const Canvas whole = titled(body, {"left"}, {"right"}, layout);
  EXPECT_EQ(titled(Size{body.height, body.width}, "left", "right", layout),
            (Size{whole.height, whole.width}));
}

Layout fitted_to(const RenderOptions& options, Size frame, std::int64_t most_pixels = 1 << 20) {
  return fitted({.frame = frame,
                 .screen = {900, 1280},
                 .most_pixels = most_pixels,
                 .options = options,
                 .measure = [](const Layout& layout) {
                   return Size{layout.tile_height, layout.tile_width};
                 }});
}

std::string refusal(const RenderOptions& options, Size frame) {
  try {
    static_cast<void>(fitted_to(options, frame));
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Layout, TakesTheLargestScaleThatFitsTheScreen) {
  EXPECT_EQ(fitted_to({}, {64, 64}).scale, 8);
  EXPECT_EQ(fitted_to({}, {300, 300}).scale, 3);
  EXPECT_EQ(fitted_to({}, {1000, 1000}).scale, 1);
  EXPECT_EQ(fitted_to({}, {16384, 4}).scale, 1);
  EXPECT_EQ(fitted_to({.scale = 12}, {64, 64}).scale, 12);
}

TEST(Layout, TooLargeACanvasIsRefusedByTheOptionThatMakesIt) {
  for (const std::int64_t scale :
       {std::int64_t{17}, std::int64_t{1} << 31, std::int64_t{1} << 32, std::int64_t{1} << 52})
    EXPECT_THAT(refusal({.scale = scale}, {64, 64}), testing::HasSubstr("--scale")) << scale;
  EXPECT_THAT(refusal({.columns = 4}, {2000, 2000}), testing::HasSubstr("--columns 4"));
  EXPECT_THAT(refusal({}, {2000, 2000}), testing::HasSubstr("fewer files"));
  EXPECT_THAT(refusal({}, {1, std::int64_t{1} << 62}), testing::HasSubstr("too large"));
}

TEST(Layout, FillsRowsEvenly) {
  EXPECT_EQ(even_columns(8, 8), 8);
  EXPECT_EQ(even_columns(9, 8), 5);
  EXPECT_EQ(even_columns(1, 8), 1);
  EXPECT_EQ(even_columns(0, 8), 0);
}

}  // namespace
}  // namespace dreamer::media
