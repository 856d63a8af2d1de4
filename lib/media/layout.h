#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "media/canvas.h"
#include "media/render_options.h"

namespace dreamer::media {

/// The size in pixels of what is not drawn yet. Sizes are measured before memory is taken for
/// pixels, so that what is too large is refused and not killed.
struct Size {
  std::int64_t height = 0, width = 0;
  bool operator==(const Size&) const = default;
};

/// The sizes of what beside() and below() of canvas.h make from canvases of these sizes.
[[nodiscard]] Size beside(std::span<const Size> sizes, std::int64_t gap);
[[nodiscard]] Size below(std::span<const Size> sizes, std::int64_t gap);

/// The longest side of a canvas: what H.264 and viewers can hold.
inline constexpr std::int64_t kLongestSide = 16384;
/// The most pixels of a canvas. The H.264 encoder holds some sixty frames at once, so a frame of a
/// video is smaller than a single canvas may be.
inline constexpr std::int64_t kMostStillPixels = std::int64_t{1} << 26;
inline constexpr std::int64_t kMostFramePixels = std::int64_t{1} << 24;

/// The measures that follow from how large frames are shown; in pixels.
struct Layout {
  int scale = 1;        // of a frame's pixel
  int tile_height = 0;  // of an enlarged frame
  int tile_width = 0;
  int text = 1;   // side of a font pixel in titles and labels
  int size = 1;   // the same in plots, and the thickness of their lines
  int gap = 4;    // between tiles
  int frame = 2;  // thickness of a coloured border

  /// @throws Error if a side of the enlarged frame is longer than kLongestSide
  Layout(std::int64_t scale, std::int64_t height, std::int64_t width);
};

/// What a drawing of frames of one size is fitted to.
struct Fit {
  Size frame;                                       // of an image, at scale 1
  Size screen;                                      // to fit, if the scale is free
  std::int64_t most_pixels = 0;                     // of the canvas
  const RenderOptions& options;                     // --scale is kept if given
  std::function<Size(const Layout&)> measure = {};  // of the whole drawing
};

/// The layout in which the whole drawing is measured to fit the screen, of a scale of at most 8 and
/// at least 1, or of the scale asked for.
/// @throws Error that names the option to change if the canvas would be too large
[[nodiscard]] Layout fitted(const Fit& fit);

/// How many columns `count` tiles take in rows of at most `most` when the rows are filled evenly.
[[nodiscard]] std::int64_t even_columns(std::int64_t count, std::int64_t most);

struct Text {
  std::string text;
  Color color = theme::kText;
};

/// `body` with a margin around it and a line above: texts at its left and its right end.
[[nodiscard]] Canvas titled(const Canvas& body, const Text& left, const Text& right,
                            const Layout& layout);
/// The size of that.
[[nodiscard]] Size titled(Size body, std::string_view left, std::string_view right,
                          const Layout& layout);

/// A canvas of `height` x `width` pixels with text in its middle.
[[nodiscard]] Canvas label(const Text& text, int height, int width, const Layout& layout);

}  // namespace dreamer::media
