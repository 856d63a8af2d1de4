#include "collect/rerender_files.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "core/error.h"
#include "core/path_text.h"
#include "core/signals.h"
#include "core/workers.h"
#include "data/episode.h"
#include "data/kept_episode.h"
#include "env/suite.h"
#include "io/atomic_file.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

class Files {
 public:
  Files(const RerenderFilesOptions& options, const EpisodeSink& sink)
      : options_(options), sink_(sink) {}

  void write() {
    const signals::StopRequests stops;
    std::error_code failed;
    fs::create_directories(options_.out, failed);
    if (failed)
      throw error("{}: the folder cannot be made: {}", options_.out.string(), failed.message());
    const io::FileReader first(options_.episodes.front(), "dreamer.episode");
    const std::int64_t threads = std::min(options_.threads, std::ssize(options_.episodes));
    env::prepare_rendering(env::task_name(data::read_episode_header(first).signature.task),
                           options_.drawing.render, threads);
    workers_.run(threads, [this](std::int64_t) { work(); });
    if (signals::requested() != 0) throw signals::Stopped();
  }

 private:
  void work() {
    Rerenderer rerenderer(options_.drawing);
    for (std::size_t i; (i = next_++) < options_.episodes.size() && !workers_.failed();) {
      const fs::path& path = options_.episodes[i];
      const auto result = one(path, rerenderer);
      if (!result) return;
      const std::lock_guard lock(mutex_);
      sink_(*result);
    }
  }

  /// Nothing where a signal stopped it.
  [[nodiscard]] std::optional<EpisodeResult> one(const fs::path& logged,
                                                 Rerenderer& rerenderer) const {
    data::Episode episode = data::read_episode(logged);
    const fs::path path =
        options_.out / data::episode_file_name(episode.signature.task, episode.seed, episode.index);
    const io::Provenance source = provenance_of(logged);
    const Json config = {{"rerender", source.id},
                         {"render", env::to_string(options_.drawing.render)}};
    if (options_.replace == io::Replace::yes) {
      io::check_output(path, options_.replace);
    } else if (auto kept = data::kept_episode(path, options_.replace, [&](const auto& file) {
                 return data::difference_in_config(file, config);
               })) {
      return kept;
    }

    const bool drawn = with_context(logged.string(), [&] { return draw(episode, rerenderer); });
    if (!drawn) return std::nullopt;
    episode.render = env::to_string(options_.drawing.render);
    data::write_episode(path, episode,
                        io::new_provenance(config, episode.seed, {{source.id, "data"}}),
                        options_.replace);
    return data::result_of(episode, path);
  }

  /// Puts frames of its physics into an episode. False where a signal stopped it.
  static bool draw(data::Episode& episode, Rerenderer& rerenderer) {
    const data::EpisodeFrames frames = rerenderer.open(episode);
    std::vector<std::uint8_t> images;
    for (std::int64_t t = 0; t < episode.length(); ++t) {
      if (signals::requested() != 0) return false;
      for (const auto& [name, image] : frames.draw(t))
        images.insert(images.end(), image.begin(), image.end());
    }
    set_image(episode, frames.episode.signature.observations.front(), std::move(images));
    return true;
  }

  /// Others' episodes need no provenance: their name stands for it.
  static io::Provenance provenance_of(const fs::path& path) {
    const io::FileReader file(path);
    if (file.has("/provenance")) return io::read_provenance(file);
    io::Provenance unknown;
    unknown.id = text_of_path(path.filename());
    return unknown;
  }

  static void set_image(data::Episode& episode, const Space& image,
                        std::vector<std::uint8_t> values) {
    std::vector<Space>& observations = episode.signature.observations;
    std::erase_if(observations, [](const Space& space) { return space.name == "image"; });
    observations.push_back(image);
    std::ranges::sort(observations, {}, &Space::name);
    episode.images["image"] = std::move(values);
  }

  const RerenderFilesOptions& options_;
  const EpisodeSink& sink_;
  Workers workers_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  // guards the sink
};

}  // namespace

void rerender_files(const RerenderFilesOptions& options, const EpisodeSink& sink) {
  Files(options, sink).write();
}

}  // namespace dreamer
