#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dream.h"
#include "media/cameras.h"
#include "media/layout.h"
#include "media/plot.h"

namespace dreamer::media {

/// The parts that drawings of a dream are made of: its images and the curves of its values.
class DreamScene {
 public:
  /// @throws Error if there is nothing to show
  explicit DreamScene(data::Dream dream);

  [[nodiscard]] std::int64_t count() const { return dream_.starts; }
  [[nodiscard]] std::int64_t rows() const { return dream_.horizon; }
  [[nodiscard]] std::int64_t context() const { return dream_.context; }
  [[nodiscard]] bool has_images() const { return !cameras_.empty(); }
  /// Whether truth, model and error are shown one below the other.
  [[nodiscard]] bool has_truth() const { return !dream_.truth_images.empty(); }
  [[nodiscard]] std::string name() const;
  /// Of all cameras side by side, or of the plot that stands for them.
  [[nodiscard]] Size frame_size() const;

  /// Green while the model sees the truth, orange when it is on its own.
  [[nodiscard]] Color mark(std::int64_t t) const;

  /// The tiles of start `n` at row `t` from top to bottom: truth, model and error, or the model's
  /// alone. Without images the plots of the vectors.
  [[nodiscard]] std::vector<Canvas> tiles(std::int64_t n, std::int64_t t,
                                          const Layout& layout) const;
  /// The size of the tiles of a start, one below the other.
  [[nodiscard]] Size tiles_size(const Layout& layout) const;

  /// The curves of start `n`: a plot for the reward and one for the value where there are any, and
  /// for the vectors beside images.
  /// @param now the row of the cursor; negative: none
  [[nodiscard]] std::vector<Canvas> plots(std::int64_t n, std::int64_t now, int width,
                                          const Layout& layout) const;
  [[nodiscard]] std::vector<Size> plot_sizes(Values values, int width, const Layout& layout) const;

  /// The curves of the vectors of start `n` over all rows.
  [[nodiscard]] std::vector<Canvas> vector_plots(std::int64_t n, int width,
                                                 const Layout& layout) const;
  [[nodiscard]] std::vector<Size> vector_plot_sizes(int width, const Layout& layout) const;

  /// "truth", "model", "error" in a column beside the tiles.
  [[nodiscard]] static Canvas row_names(const Layout& layout);

 private:
  /// A plot under the tiles of every start.
  struct Panel {
    std::vector<std::string> names;
    std::vector<std::pair<std::span<const float>, Color>> curves;  // [N,H]
    Range range;
  };
  /// A value of a vector over all rows, [N,H].
  struct VectorValue {
    std::string name;  // "position 2"
    std::vector<float> model = {}, truth = {};
    Range range = {};
  };

  void add_values();
  [[nodiscard]] std::vector<Panel> panels() const;
  [[nodiscard]] std::vector<Panel> vector_panels() const;
  [[nodiscard]] std::vector<Canvas> plots_of(const std::vector<Panel>& panels, std::int64_t n,
                                             std::int64_t now, int width,
                                             const Layout& layout) const;
  [[nodiscard]] static std::vector<Size> sizes_of(const std::vector<Panel>& panels, Values values,
                                                  int width, const Layout& layout);
  [[nodiscard]] static PlotStyle style(const Panel& panel, Values values, int width,
                                       const Layout& layout);
  /// The row of start `n` in a track [N,H].
  [[nodiscard]] std::span<const float> track(std::span<const float> values, std::int64_t n) const;

  data::Dream dream_;
  std::vector<Space> cameras_;
  std::vector<VectorValue> values_of_vectors_;
  Range rewards_, values_;
};

}  // namespace dreamer::media
