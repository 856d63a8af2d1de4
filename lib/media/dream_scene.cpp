#include "media/dream_scene.h"

#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "media/text.h"

namespace dreamer::media {
namespace {

constexpr Size kPlotTile{120, 160};     // what stands for an image where there is none
constexpr std::size_t kMostValues = 8;  // of vectors, plotted

}  // namespace

DreamScene::DreamScene(data::Dream dream)
    : dream_(std::move(dream)), cameras_(cameras_of(dream_.signature, dream_.images)) {
  add_values();
  if (!has_images() && values_of_vectors_.empty())
    throw error("this dream has neither images nor vectors; nothing to show");
  rewards_.include(dream_.reward);
  rewards_.include(dream_.truth_reward);
  values_.include(dream_.value);
}

std::string DreamScene::name() const {
  return dream_.signature.task + (dream_.kind == data::DreamKind::policy ? ", dream of the policy"
                                  : dream_.kind == data::DreamKind::what_if ? ", what if"
                                                                            : ", open loop");
}

Size DreamScene::frame_size() const { return has_images() ? together(cameras_) : kPlotTile; }

Color DreamScene::mark(std::int64_t t) const {
  return t < dream_.context ? theme::kObserved : theme::kPredicted;
}

std::vector<Canvas> DreamScene::tiles(std::int64_t n, std::int64_t t, const Layout& layout) const {
  if (!has_images()) return plots_of(vector_panels(), n, t, layout.tile_width, layout);
  const auto tile = [&](const std::vector<Canvas>& frames, Color color) {
    return border(enlarge(together(frames), layout.scale), layout.frame, color);
  };
  const std::int64_t row = n * dream_.horizon + t;
  const std::vector<Canvas> model = frames_of(cameras_, dream_.images, row);
  if (!has_truth()) return {tile(model, mark(t))};
  const std::vector<Canvas> truth = frames_of(cameras_, dream_.truth_images, row);
  std::vector<Canvas> errors;
  std::ranges::transform(truth, model, std::back_inserter(errors), error_canvas);
  return {tile(truth, theme::kPanel), tile(model, mark(t)), tile(errors, theme::kPanel)};
}

Size DreamScene::tiles_size(const Layout& layout) const {
  if (!has_images())
    return below(sizes_of(vector_panels(), Values::shown, layout.tile_width, layout), layout.gap);
  const Size tile{layout.tile_height + 2 * layout.frame, layout.tile_width + 2 * layout.frame};
  return below(std::vector<Size>(has_truth() ? 3 : 1, tile), layout.gap);
}

std::vector<Canvas> DreamScene::plots(std::int64_t n, std::int64_t now, int width,
                                      const Layout& layout) const {
  return plots_of(panels(), n, now, width, layout);
}

std::vector<Size> DreamScene::plot_sizes(Values values, int width, const Layout& layout) const {
  return sizes_of(panels(), values, width, layout);
}

std::vector<Canvas> DreamScene::vector_plots(std::int64_t n, int width,
                                             const Layout& layout) const {
  return plots_of(vector_panels(), n, -1, width, layout);
}

std::vector<Size> DreamScene::vector_plot_sizes(int width, const Layout& layout) const {
  return sizes_of(vector_panels(), Values::left_out, width, layout);
}

Canvas DreamScene::row_names(const Layout& layout) {
  std::vector<Canvas> names;
  const int height = layout.tile_height + 2 * layout.frame;
  for (const char* name : {"truth", "model", "error"})
    names.push_back(label({name, theme::kFaint}, height, text_width("truth", layout.text), layout));
  return below(names, layout.gap);
}

void DreamScene::add_values() {
  for (const auto& [name, values] : dream_.vectors) {
    const auto truth = dream_.truth_vectors.find(name);
    const std::int64_t rows = dream_.starts * dream_.horizon;
    const std::int64_t size = rows > 0 ? std::ssize(values) / rows : 0;
    for (std::int64_t k = 0; k < size && values_of_vectors_.size() < kMostValues; ++k) {
      VectorValue one{.name = size == 1 ? name : fmt::format("{} {}", name, k)};
      for (std::int64_t row = 0; row < rows; ++row) {
        one.model.push_back(values[row * size + k]);
        if (truth != dream_.truth_vectors.end()) one.truth.push_back(truth->second[row * size + k]);
      }
      one.range.include(one.model);
      one.range.include(one.truth);
      values_of_vectors_.push_back(std::move(one));
    }
  }
}

std::vector<DreamScene::Panel> DreamScene::panels() const {
  std::vector<Panel> result;
  if (!dream_.reward.empty())
    result.push_back({{"reward"}, {{dream_.reward, theme::kReward}}, rewards_});
  if (!dream_.truth_reward.empty()) {
    result.front().names.emplace_back("true");
    result.front().curves.emplace_back(dream_.truth_reward, theme::kTruth);
  }
  if (!dream_.value.empty())
    result.push_back({{"value"}, {{dream_.value, theme::kValue}}, values_});
  if (has_images()) std::ranges::move(vector_panels(), std::back_inserter(result));
  return result;
}

std::vector<DreamScene::Panel> DreamScene::vector_panels() const {
  std::vector<Panel> result;
  for (const VectorValue& value : values_of_vectors_) {
    Panel panel{{value.name}, {{value.model, theme::kPredicted}}, value.range};
    if (!value.truth.empty()) {
      panel.names.emplace_back("true");
      panel.curves.emplace_back(value.truth, theme::kTruth);
    }
    result.push_back(std::move(panel));
  }
  return result;
}

std::vector<Canvas> DreamScene::plots_of(const std::vector<Panel>& panels, std::int64_t n,
                                         std::int64_t now, int width, const Layout& layout) const {
  std::vector<Canvas> result;
  for (const Panel& panel : panels) {
    std::vector<Curve> curves;
    for (const auto& [values, color] : panel.curves) curves.push_back({track(values, n), color});
    result.push_back(plot(curves, panel.names, panel.range, now,
                          style(panel, now < 0 ? Values::left_out : Values::shown, width, layout)));
  }
  return result;
}

std::vector<Size> DreamScene::sizes_of(const std::vector<Panel>& panels, Values values, int width,
                                       const Layout& layout) {
  std::vector<Size> result;
  for (const Panel& panel : panels) {
    const PlotStyle look = style(panel, values, width, layout);
    result.push_back({look.height, look.width});
  }
  return result;
}

PlotStyle DreamScene::style(const Panel& panel, Values values, int width, const Layout& layout) {
  return plot_style(panel.names, panel.range, values, width,
                    3 * layout.size + layout.tile_height / 4, layout.size);
}

std::span<const float> DreamScene::track(std::span<const float> values, std::int64_t n) const {
  return values.subspan(n * dream_.horizon, dream_.horizon);
}

}  // namespace dreamer::media
