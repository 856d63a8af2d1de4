#include "data/dream.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"
#include "core/path_text.h"

namespace dreamer::data {
namespace {

constexpr const char* kFormat = "dreamer.dream";
constexpr std::array kKinds = {DreamKind::open_loop, DreamKind::policy, DreamKind::what_if};
constexpr int kDeflate = 4;

/// Whether a dataset must be there.
enum class Presence { required, optional };

template <class T>
void write(io::FileWriter& file, const std::string& path, std::string_view dims,
           const io::Shape& shape, const std::vector<T>& values,
           Presence presence = Presence::required) {
  if (values.empty() && presence == Presence::optional) return;
  file.dataset(path, dims, shape, values, {.chunk_rows = 1, .deflate = kDeflate});
}

/// Reads a dataset of this shape, −1 standing for an extent that is taken from the file.
template <class T>
std::vector<T> read(const io::FileReader& file, const std::string& path, const io::Shape& shape,
                    Presence presence = Presence::required) {
  if (presence == Presence::optional && !file.has(path)) return {};
  const io::Shape found = file.info(path).shape;
  bool same = found.size() == shape.size();
  for (std::size_t i = 0; same && i < shape.size(); ++i)
    same = shape[i] < 0 || shape[i] == found[i];
  if (!same)
    throw error("{}: {} is [{}], [{}] is needed", file.path().string(), path, fmt::join(found, ","),
                fmt::join(shape, ","));
  return file.read<T>(path);
}

/// The last extent of a dataset, 0 if it has none.
std::int64_t last_extent(const io::FileReader& file, const char* path) {
  const io::Shape shape = file.info(path).shape;
  return shape.empty() ? 0 : shape.back();
}

/// The spaces of a dream's signature: the file's own, which its datasets must bear out, or what
/// they are in a file of version 1.0, which has one image.
void set_spaces(const io::FileReader& file, Signature& signature) {
  const std::int64_t actions = last_extent(file, "/action");
  if (!file.has_attribute("/", "signature")) {
    const io::Shape image = file.info("/image").shape;
    if (image.size() != 5)
      throw error("{}: /image is [{}], N,H,Y,X,C is needed", file.path().string(),
                  fmt::join(image, ","));
    signature.observations = {image_space({image[2], image[3], image[4]})};
    signature.action.shape = {actions};
    return;
  }
  const std::string where = file.attribute_place("/", "signature");
  const std::string task = signature.task;
  signature = signature_of(file.json_attribute("/", "signature"), where);
  if (signature.task != task || signature.action.size() != actions)
    throw error("{}: is not that of the file's task and /action", where);
}

/// [N,H,…] of an observation.
io::Shape shape_of(const Space& space, std::int64_t starts, std::int64_t horizon) {
  io::Shape shape = {starts, horizon};
  shape.insert(shape.end(), space.shape.begin(), space.shape.end());
  return shape;
}

Dream read_header(const io::FileReader& file) {
  Dream dream;
  const auto kind = file.attribute<std::string>("/", "kind");
  const auto* const known =
      std::ranges::find_if(kKinds, [&](DreamKind one) { return kind == name_of(one); });
  if (known == kKinds.end())
    throw error("{}: kind is '{}', open_loop, policy or what_if is needed", file.path().string(),
                kind);
  dream.kind = *known;
  dream.model = file.attribute_or<std::string>("/", "model", "");
  dream.model_updates = file.attribute_or<std::int64_t>("/", "model_updates", 0);
  dream.signature.task = file.attribute<std::string>("/", "task");
  dream.context = file.attribute<std::int64_t>("/", "context");
  const Json episodes = file.json_attribute("/start", "episode");
  for (const Json& episode : episodes) {
    if (!episodes.is_array() || !episode.is_string())
      throw error("{} is no array of texts", file.attribute_place("/start", "episode"));
    dream.start_episode.push_back(path_of_text(episode.get<std::string>()).string());
  }
  return dream;
}

}  // namespace

const char* name_of(DreamKind kind) {
  switch (kind) {
    case DreamKind::open_loop:
      return "open_loop";
    case DreamKind::policy:
      return "policy";
    case DreamKind::what_if:
      return "what_if";
  }
  return "";
}

void write_dream(const std::filesystem::path& path, const Dream& d,
                 const io::Provenance& provenance, io::Replace replace) {
  io::FileWriter file(kFormat);
  file.attribute("/", "kind", name_of(d.kind));
  file.attribute("/", "signature", to_json(d.signature).dump());
  file.attribute("/", "task", d.signature.task);
  if (!d.model.empty()) {
    file.attribute("/", "model", d.model);
    file.attribute("/", "model_updates", d.model_updates);
  }
  file.attribute("/", "context", d.context);
  if (static_cast<std::int64_t>(d.start_episode.size()) != d.starts)
    throw error("{}: {} starts, but {} episodes that they lie in", path.string(), d.starts,
                d.start_episode.size());
  Json episodes = Json::array();
  for (const std::string& episode : d.start_episode) episodes.push_back(text_of_path(episode));
  file.attribute("/start", "episode", episodes.dump());
  const io::Shape rows = {d.starts, d.horizon};
  with_context(path.string(), [&] {
    write(file, "/start/row", "N", {d.starts}, d.start_row);
    write(file, "/action", "N,H,A", {d.starts, d.horizon, d.signature.action.size()}, d.action);
    write(file, "/stoch", "N,H,S", {d.starts, d.horizon, d.stoch_size}, d.stoch);
    write(file, "/deter", "N,H,D", {d.starts, d.horizon, d.deter_size}, d.deter);
    write(file, "/reward", "N,H", rows, d.reward, Presence::optional);
    write(file, "/value", "N,H", rows, d.value, Presence::optional);
    write(file, "/discount", "N,H", rows, d.discount, Presence::optional);
    for (const Space& space : d.signature.observations) {
      const io::Shape shape = shape_of(space, d.starts, d.horizon);
      const std::string at = observation_path(space.name), dims = observation_dims("N,H", space);
      if (space.kind == SpaceKind::image) {
        write(file, at, dims, shape, d.images.at(space.name));
        if (d.has_truth()) write(file, "/truth" + at, dims, shape, d.truth_images.at(space.name));
      } else {
        write(file, at, dims, shape, d.vectors.at(space.name));
        if (d.has_truth()) write(file, "/truth" + at, dims, shape, d.truth_vectors.at(space.name));
      }
    }
    write(file, "/truth/reward", "N,H", rows, d.truth_reward, Presence::optional);
  });
  io::write_provenance(file, provenance);
  file.commit(path, replace);
}

Dream read_dream(const std::filesystem::path& path) {
  const io::FileReader file(path, kFormat);
  Dream d = read_header(file);
  set_spaces(file, d.signature);
  const io::Shape rows = file.info("/action").shape;
  if (rows.size() != 3)
    throw error("{}: /action is [{}], N,H,A is needed", path.string(), fmt::join(rows, ","));
  d.starts = rows[0];
  d.horizon = rows[1];
  d.stoch_size = last_extent(file, "/stoch");
  d.deter_size = last_extent(file, "/deter");
  const std::int64_t n = d.starts, h = d.horizon;
  if (d.context < 0 || d.context > h)
    throw error("{}: context is {}, with {} rows", path.string(), d.context, h);
  if (static_cast<std::int64_t>(d.start_episode.size()) != n)
    throw error("{}: /start names {} episodes for {} starts", path.string(), d.start_episode.size(),
                n);
  d.start_row = read<std::int64_t>(file, "/start/row", {n});
  d.action = read<float>(file, "/action", {n, h, -1});
  d.stoch = read<float>(file, "/stoch", {n, h, -1});
  d.deter = read<float>(file, "/deter", {n, h, -1});
  d.reward = read<float>(file, "/reward", {n, h}, Presence::optional);
  d.value = read<float>(file, "/value", {n, h}, Presence::optional);
  d.discount = read<float>(file, "/discount", {n, h}, Presence::optional);
  for (const Space& space : d.signature.observations) {
    const io::Shape shape = shape_of(space, n, h);
    const std::string at = observation_path(space.name), truth = "/truth" + at;
    if (space.kind == SpaceKind::image) {
      d.images[space.name] = read<std::uint8_t>(file, at, shape);
      if (file.has(truth)) d.truth_images[space.name] = read<std::uint8_t>(file, truth, shape);
    } else {
      d.vectors[space.name] = read<float>(file, at, shape);
      if (file.has(truth)) d.truth_vectors[space.name] = read<float>(file, truth, shape);
    }
  }
  d.truth_reward = read<float>(file, "/truth/reward", {n, h}, Presence::optional);
  return d;
}

}  // namespace dreamer::data
