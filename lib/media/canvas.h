#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dreamer::media {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Color&) const = default;
};

/// The colours of everything we draw: light on dark, so that frames stand out.
namespace theme {
inline constexpr Color kBackground{18, 20, 26};
inline constexpr Color kPanel{32, 35, 44};
inline constexpr Color kText{226, 229, 236};
inline constexpr Color kFaint{128, 134, 148};
inline constexpr Color kObserved{84, 196, 126};   // the model still sees the truth
inline constexpr Color kPredicted{244, 152, 62};  // the model is on its own
inline constexpr Color kReward{96, 172, 255};     //
inline constexpr Color kValue{198, 146, 255};     //
inline constexpr Color kTruth{196, 200, 208};     // a logged quantity beside a predicted one
}  // namespace theme

/// The same colour at a share of its strength against `under`; strength in [0,1].
[[nodiscard]] Color blend(Color over, Color under, double strength);

/// An RGB canvas in memory, rows from the top.
struct Canvas {
  int height = 0, width = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]

  Canvas() = default;
  Canvas(int height, int width, Color fill = theme::kBackground);

  [[nodiscard]] Color at(int y, int x) const;
  /// Outside of the canvas nothing happens.
  void set(int y, int x, Color color);
  /// A filled rectangle, clipped to the canvas.
  void fill(int y, int x, int rows, int columns, Color color);

  bool operator==(const Canvas&) const = default;
};

/// A frame as our files hold it, [height, width, channels] with 1 (grey) or 3 channels.
/// Throws Error for another number of channels.
[[nodiscard]] Canvas canvas_of(std::span<const std::uint8_t> pixels, std::int64_t height,
                               std::int64_t width, std::int64_t channels);

/// Every pixel becomes a square of `factor` pixels: nothing is smoothed, so that what one sees is
/// what the model sees.
[[nodiscard]] Canvas enlarge(const Canvas& canvas, int factor);

/// Copies `tile` into `canvas` with its upper left corner at (y, x); what sticks out is cut off.
void paste(Canvas& canvas, const Canvas& tile, int y, int x);

/// Side by side (aligned at the top), or one below the other (at the left), `gap` pixels apart.
[[nodiscard]] Canvas beside(std::span<const Canvas> canvases, int gap);
[[nodiscard]] Canvas below(std::span<const Canvas> canvases, int gap);
/// In rows of `columns`, cells as large as the largest canvas.
[[nodiscard]] Canvas grid(std::span<const Canvas> canvases, int columns, int gap);
/// With a frame of `thickness` pixels around it.
[[nodiscard]] Canvas border(const Canvas& canvas, int thickness, Color color);
/// Mixed with the background: a canvas that is over. strength in [0,1], 1 leaves it as it is.
[[nodiscard]] Canvas faded(Canvas canvas, double strength);

/// Where and how far `model` is from `truth` (same size), signed, around middle grey:
/// 128 + (model − truth) / 2 in each channel. Grey is right; what the model invented and what it
/// lost appear as a pair of opposite colours, which tells a displaced limb from a blurred one as an
/// absolute difference cannot.
[[nodiscard]] Canvas error_canvas(const Canvas& truth, const Canvas& model);

}  // namespace dreamer::media
