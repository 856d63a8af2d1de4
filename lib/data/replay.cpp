#include "data/replay.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/signals.h"

namespace dreamer::data {
namespace {

constexpr std::int64_t kBlockRows = 16;  // frames read at once where files do not say
constexpr std::int64_t kMeanFrames = 2000;
constexpr std::int64_t kRarestTry = 64;  // looks between two tries of a file that cannot be read

template <class T>
std::uint64_t hash_of(std::uint64_t hash, const std::vector<T>& values) {
  return hash_bytes(hash, std::as_bytes(std::span(values)));
}

}  // namespace

Replay::Replay(const std::vector<std::filesystem::path>& paths, const Options& options)
    : options_(options), frames_(std::make_unique<FrameCache>(options.memory_bytes)) {
  if (paths.empty() && options.unusable == Unusable::refuse)
    throw error("no episodes to learn from; collect some with dr-collect");
  add_episodes(paths);
}

std::int64_t Replay::add_episodes(const std::vector<std::filesystem::path>& paths) {
  const std::lock_guard adding(adding_);
  std::vector<EntryPtr> entries = entries_;  // nobody else changes it now
  for (const auto& path : paths) {
    if (signals::requested() != 0) throw signals::Stopped();
    if (names_.contains(path)) continue;
    // Only for names that are new: a name costs a look at every folder above it.
    std::error_code unknown;
    auto file = std::filesystem::canonical(path, unknown);
    if (unknown) file = path;
    if (!held_.contains(file)) {
      EntryPtr entry = read_or_refuse(path);
      if (!entry) continue;
      entries.push_back(std::move(entry));
      held_.insert(std::move(file));
    }
    names_.insert(path);
  }
  warn_of_mixed_rendering(entries);
  const std::unique_lock lock(mutex_);
  const auto added = static_cast<std::int64_t>(entries.size() - entries_.size());
  entries_ = std::move(entries);
  return added;
}

Replay::EntryPtr Replay::read_or_refuse(const std::filesystem::path& path) {
  if (options_.unusable == Unusable::refuse) return std::make_shared<const Entry>(read_entry(path));
  const auto stamp = io::stamp_of(path);
  const auto earlier = refused_.find(path);
  if (earlier != refused_.end()) {
    Refused& refused = earlier->second;
    if (refused.stamp == stamp && ++refused.looks < refused.next) return nullptr;
  }
  try {
    auto entry = std::make_shared<const Entry>(read_entry(path));
    refused_.erase(path);
    return entry;
  } catch (const std::exception& e) {  // foreign files fail in many ways
    Refused& refused = refused_[path];
    refused.next = refused.stamp == stamp ? std::min(2 * refused.next, kRarestTry) : 1;
    refused.looks = 0;
    refused.stamp = stamp;
    if (refused.reason != e.what()) log::warning("left out for now: {}", e.what());
    refused.reason = e.what();
    return nullptr;
  }
}

Replay::Entry Replay::read_entry(const std::filesystem::path& path) {
  const io::FileReader file(path, "dreamer.episode");
  const EpisodeHeader header = read_episode_header(file);
  const Signature signature = checked_signature(header, path.string());
  if (options_.needs_rewards && !header.rewards)
    throw error(
        "{}: holds no rewards; --set model.reward_head=false fits a model that predicts none",
        path.string());
  Entry e;
  e.path = path;
  e.render = header.render;
  e.rewards = header.rewards;
  e.length = header.length;
  e.action = read_finite_rows(file, "/action", {e.length, header.signature.action.size()});
  e.reward = read_finite_rows(file, "/reward", {e.length});
  e.discount = read_finite_rows(file, "/discount", {e.length});
  for (const Space& space : signature.observations) {
    const std::string place = observation_path(space.name);
    if (const auto rows = file.info(place).shape[0]; rows != e.length || space.size() < 1)
      throw error("{}: {} has {} rows of {} values, {} rows are needed", path.string(), place, rows,
                  space.size(), e.length);
    if (space.kind != SpaceKind::image) {
      io::Shape shape = space.shape;
      shape.insert(shape.begin(), e.length);
      e.vectors[space.name] = read_finite_rows(file, place, shape);
      continue;
    }
    const io::DatasetInfo frames = file.info(place);
    e.stored_bytes += frames.stored_bytes;
    const std::int64_t chunk = std::max<std::int64_t>(frames.chunk_rows, 1);
    e.block_rows[space.name] = chunk * ((kBlockRows + chunk - 1) / chunk);
  }

  const auto with_contents = [&](std::uint64_t hash) {
    hash = hash_bytes(hash, std::as_bytes(std::span(&e.length, 1)));
    hash = hash_of(hash_of(hash_of(hash, e.action), e.reward), e.discount);
    for (const auto& [name, values] : e.vectors) hash = hash_of(hash, values);
    return hash;
  };
  const std::string name = path.filename().string();
  e.digest = with_contents(hash_bytes(kHashStart, std::as_bytes(std::span(name))));
  e.fingerprint = with_contents(kHashStart);

  if (options_.reward == RewardTransform::tanh)
    for (float& reward : e.reward) reward = std::tanh(reward);
  if (first_file_.empty()) {
    first_file_ = path.string();
    signature_ = signature;
  }
  return e;
}

Signature Replay::checked_signature(const EpisodeHeader& header, const std::string& file) const {
  Signature here = header.signature;
  if (header.length < kShortestEpisode)
    throw error("{} has {} row, at least {} are needed; leave it out", file, header.length,
                kShortestEpisode);
  if (first_file_.empty()) {
    here.observations =
        with_context(file, [&] { return select_observations(here, options_.observations); });
    return here;
  }
  const Signature& there = signature_;
  const auto differ = [&](const std::string& what, const auto& ours, const auto& theirs) {
    throw error("{}: {} {}, but {} {} {}; give episodes that agree", file, what, ours, first_file_,
                "has", theirs);
  };
  if (here.task != there.task) differ("is of task", here.task, there.task);
  for (const Space& space : there.observations) {
    const Space* const ours = here.observation(space.name);
    if (ours == nullptr || ours->kind != space.kind || ours->shape != space.shape)
      differ(observation_path(space.name) + " is",
             ours == nullptr ? "not there" : shape_text(ours->shape), shape_text(space.shape));
  }
  here.observations = there.observations;
  if (!same_actions(here.action, there.action))
    differ("an action is", action_text(here.action), action_text(there.action));
  if (here.frames_per_step != there.frames_per_step)
    differ("action_repeat is", here.frames_per_step, there.frames_per_step);
  return here;
}

void Replay::warn_of_mixed_rendering(const std::vector<EntryPtr>& entries) {
  if (warned_ || entries.empty()) return;
  const EntryPtr& first = entries.front();
  const auto other = std::find_if(entries.begin(), entries.end(),
                                  [&](const EntryPtr& e) { return e->render != first->render; });
  if (other == entries.end()) return;
  warned_ = true;
  const auto name = [](const std::string& render) { return render.empty() ? "unknown" : render; };
  log::warning("episodes are rendered differently: {} {}, {} {}; the model must learn both looks",
               first->path.string(), name(first->render), (*other)->path.string(),
               name((*other)->render));
}

Replay::EntryPtr Replay::entry(std::int64_t episode) const {
  const std::shared_lock lock(mutex_);
  if (episode < 0 || episode >= static_cast<std::int64_t>(entries_.size()))
    throw error("no episode number {}; there are {}", episode, entries_.size());
  return entries_[static_cast<std::size_t>(episode)];
}

std::int64_t Replay::episodes() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::int64_t>(entries_.size());
}

std::int64_t Replay::length(std::int64_t episode) const { return entry(episode)->length; }

std::filesystem::path Replay::path(std::int64_t episode) const { return entry(episode)->path; }

std::int64_t Replay::total_rows() const {
  const std::shared_lock lock(mutex_);
  std::int64_t rows = 0;
  for (const EntryPtr& e : entries_) rows += e->length;
  return rows;
}

std::vector<std::string> Replay::fingerprints() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> all;
  for (const EntryPtr& e : entries_) all.push_back(fmt::format("{:016x}", e->fingerprint));
  return all;
}

bool Replay::has_rewards() const {
  const std::shared_lock lock(mutex_);
  return std::ranges::all_of(entries_, [](const EntryPtr& e) { return e->rewards; });
}

float Replay::largest_reward() const {
  const std::shared_lock lock(mutex_);
  float largest = -std::numeric_limits<float>::infinity();
  for (const EntryPtr& e : entries_)
    if (e->rewards && !e->reward.empty()) largest = std::max(largest, std::ranges::max(e->reward));
  return largest;
}

std::uint64_t Replay::digest() const {
  const std::shared_lock lock(mutex_);
  std::uint64_t hash = kHashStart;
  for (const EntryPtr& e : entries_)
    hash = hash_bytes(hash, std::as_bytes(std::span(&e->digest, 1)));
  return hash;
}

std::uint64_t Replay::frames_digest() const {
  const std::shared_lock lock(mutex_);
  std::uint64_t hash = kHashStart;
  for (const EntryPtr& e : entries_)
    hash = hash_bytes(hash, std::as_bytes(std::span(&e->stored_bytes, 1)));
  return hash;
}

Batch Replay::empty_batch(std::int64_t batch, std::int64_t length) const {
  if (batch < 1 || length < 1)
    throw error("a batch of {} windows of {} rows; both must be at least 1", batch, length);
  Batch out;
  out.batch = batch;
  out.length = length;
  out.signature = signature_;
  const auto rows = static_cast<std::size_t>(batch * length);
  for (const Space& space : signature_.observations) {
    const auto values = rows * static_cast<std::size_t>(space.size());
    if (space.kind == SpaceKind::image)
      out.images[space.name].resize(values);
    else
      out.vectors[space.name].resize(values);
  }
  out.action.resize(rows * static_cast<std::size_t>(signature_.action.size()));
  out.reward.resize(rows);
  out.discount.resize(rows);
  out.mask.resize(rows);
  out.episode.resize(static_cast<std::size_t>(batch));
  out.first_row.resize(static_cast<std::size_t>(batch));
  return out;
}

Batch Replay::sample(std::int64_t batch, std::int64_t length, const RandomStream& stream,
                     std::uint64_t update) const {
  Batch out = empty_batch(batch, length);
  for (std::int64_t b = 0; b < batch; ++b) {
    auto draw = 2 * static_cast<std::uint64_t>(b);
    while (!sample_window(out, b, stream, update, draw))
      draw += 2 * static_cast<std::uint64_t>(batch);  // of no other window
  }
  return out;
}

bool Replay::sample_window(Batch& batch, std::int64_t b, const RandomStream& stream,
                           std::uint64_t update, std::uint64_t draw) const {
  const auto count = static_cast<std::uint64_t>(episodes());
  const auto episode = static_cast<std::int64_t>(stream.below(count, update, draw));
  if (is_lost(episode)) return false;
  const EntryPtr e = entry(episode);
  const std::int64_t starts = std::max<std::int64_t>(e->length - batch.length, 0) + 1;
  const auto first =
      static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(starts), update, draw + 1));
  try {
    fill(batch, b, episode, *e, first);
  } catch (const Error& why) {
    if (options_.unusable == Unusable::refuse) throw;
    lose(episode, why);
    for (auto& [name, pixels] : batch.images) {
      const std::int64_t values = std::ssize(pixels) / batch.batch;
      std::fill_n(pixels.begin() + b * values, values, std::uint8_t{0});
    }
    return false;
  }
  return true;
}

bool Replay::is_lost(std::int64_t episode) const {
  const std::shared_lock lock(mutex_);
  return lost_.contains(episode);
}

void Replay::lose(std::int64_t episode, const Error& why) const {
  const std::unique_lock lock(mutex_);
  if (lost_.insert(episode).second) log::warning("left out from now on: {}", why.what());
  if (lost_.size() == entries_.size())
    throw error("no episode can be read any more: {}", why.what());
}

Batch Replay::window(std::int64_t episode, std::int64_t first_row, std::int64_t length) const {
  const EntryPtr e = entry(episode);
  if (first_row < 0 || first_row >= e->length)
    throw error("{} has {} rows; no window begins at row {}", e->path.string(), e->length,
                first_row);
  Batch out = empty_batch(1, length);
  fill(out, 0, episode, *e, first_row);
  return out;
}

void Replay::fill(Batch& batch, std::int64_t b, std::int64_t episode, const Entry& e,
                  std::int64_t first_row) const {
  const std::int64_t count = std::min(batch.length, e.length - first_row);
  const std::int64_t to = b * batch.length;
  for (const Space& space : signature_.observations)
    if (space.kind == SpaceKind::image)
      copy_frames(episode, e, space, first_row, count,
                  batch.images.at(space.name).data() + to * space.size());
  const auto copy = [&](const std::vector<float>& from, std::vector<float>& out,
                        std::int64_t columns) {
    std::copy_n(from.begin() + first_row * columns, count * columns, out.begin() + to * columns);
  };
  for (auto& [name, values] : batch.vectors)
    copy(e.vectors.at(name), values, signature_.observation(name)->size());
  copy(e.action, batch.action, signature_.action.size());
  copy(e.reward, batch.reward, 1);
  copy(e.discount, batch.discount, 1);
  std::fill_n(batch.mask.begin() + to, count, 1.0F);
  batch.episode[static_cast<std::size_t>(b)] = episode;
  batch.first_row[static_cast<std::size_t>(b)] = first_row;
}

void Replay::copy_frames(std::int64_t episode, const Entry& e, const Space& image,
                         std::int64_t first, std::int64_t count, std::uint8_t* out) const {
  const std::int64_t pixels = image.size(), last = first + count;
  const std::int64_t block_rows = e.block_rows.at(image.name);
  for (std::int64_t block = first / block_rows * block_rows; block < last; block += block_rows) {
    const auto rows = frames_->rows(static_cast<std::uint64_t>(episode), e.path, image.name, block,
                                    std::min(block_rows, e.length - block));
    const std::int64_t from = std::max(block, first), to = std::min(block + block_rows, last);
    std::memcpy(out + (from - first) * pixels, rows->data() + (from - block) * pixels,
                static_cast<std::size_t>((to - from) * pixels));
  }
}

std::vector<float> Replay::mean_image(const std::string& name) const {
  const Space* const image = signature_.observation(name);
  if (image == nullptr || image->kind != SpaceKind::image)
    throw error("the replay buffer holds no images {}", name);
  const std::int64_t rows = total_rows(), frames = std::min(rows, kMeanFrames);
  std::vector<std::uint64_t> sum(static_cast<std::size_t>(image->size()));
  std::vector<std::uint8_t> frame(sum.size());
  std::int64_t episode = 0, before = 0;  // rows of the episodes before `episode`
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < frames; ++i) {
    const std::int64_t row = i * rows / frames;
    while (row - before >= length(episode)) before += length(episode++);
    if (is_lost(episode)) continue;
    if (signals::requested() != 0) throw signals::Stopped();
    try {
      copy_frames(episode, *entry(episode), *image, row - before, 1, frame.data());
    } catch (const Error& why) {
      if (options_.unusable == Unusable::refuse) throw;
      lose(episode, why);
      continue;
    }
    ++read;
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += frame[p];
  }
  std::vector<float> mean(sum.size());
  for (std::size_t p = 0; p < sum.size(); ++p)
    mean[p] = static_cast<float>(static_cast<double>(sum[p]) / (255.0 * static_cast<double>(read)));
  return mean;
}

Replay::Moments Replay::moments(const std::string& name) const {
  const Space* const space = signature_.observation(name);
  if (space == nullptr || space->kind == SpaceKind::image)
    throw error("the replay buffer holds no vectors {}", name);
  const auto size = static_cast<std::size_t>(space->size());
  std::vector<double> sum(size), squares(size);
  double rows = 0;
  for (std::int64_t episode = 0; episode < episodes(); ++episode) {
    const EntryPtr e = entry(episode);
    rows += static_cast<double>(e->length);
    const std::vector<float>& values = e->vectors.at(name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = values[i];
      sum[i % size] += value;
      squares[i % size] += value * value;
    }
  }
  Moments moments;
  for (std::size_t k = 0; k < size; ++k) {
    const double mean = sum[k] / rows;
    moments.mean.push_back(static_cast<float>(mean));
    moments.stddev.push_back(
        static_cast<float>(std::sqrt(std::max(squares[k] / rows - mean * mean, 0.0))));
  }
  return moments;
}

}  // namespace dreamer::data
