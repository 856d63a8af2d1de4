#include "dream/open_loop_image.h"

#include <algorithm>

#include "dream/dream_file.h"
#include "media/png.h"
#include "media/render_dream.h"

namespace dreamer {
namespace {

constexpr std::int64_t kStarts = 3, kContext = 5, kHorizon = 45;

}  // namespace

void log_open_loop(TensorBoard& board, std::int64_t update, const ModelCheckpoint& model,
                   const data::Replay& replay, std::int64_t seed, torch::Device device) {
  const auto& seen = model.model->signature().observations;
  if (std::ranges::none_of(seen, [](const Space& s) { return s.kind == SpaceKind::image; })) return;
  std::int64_t longest = 0;
  for (std::int64_t e = 0; e < replay.episodes(); ++e)
    longest = std::max(longest, replay.length(e));
  if (longest < kContext + 1) return;
  ImagineJob job;
  job.seed = seed;
  job.starts = kStarts;
  job.context = kContext;
  job.horizon = std::min(kHorizon, longest - kContext);
  const data::Dream dream = make_dream(model, nullptr, replay, job, device);
  const media::Canvas strip = media::dream_strip(dream, {});
  board.image("open_loop", update, media::encode_png(strip), strip.height, strip.width);
}

}  // namespace dreamer
