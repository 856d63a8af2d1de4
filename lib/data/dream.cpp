#include "data/dream.h"

#include "core/error.h"
#include "core/path_text.h"

namespace dreamer::data {
namespace {

constexpr const char* kFormat = "dreamer.dream";
constexpr const char* kOpenLoop = "open_loop";
constexpr const char* kPolicy = "policy";
constexpr int kDeflate = 4;

/// Whether a dataset must be there.
enum class Presence { required, optional };

template <class T>
void write(io::FileWriter& file, const char* path, const char* dims, const io::Shape& shape,
           const std::vector<T>& values, Presence presence = Presence::required) {
  if (values.empty() && presence == Presence::optional) return;
  file.dataset(path, dims, shape, values, {.chunk_rows = 1, .deflate = kDeflate});
}

/// Reads a dataset of this shape, −1 standing for an extent that is taken from the file.
template <class T>
std::vector<T> read(const io::FileReader& file, const char* path, io::Shape shape,
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
/// they are in a file of version 1.0. `image` is the shape of /image.
void set_spaces(const io::FileReader& file, Signature& signature, const io::Shape& image) {
  Signature found = signature;
  found.observations = {image_space({image[2], image[3], image[4]})};
  found.action.shape = {last_extent(file, "/action")};
  if (!file.has_attribute("/", "signature")) {
    signature = std::move(found);
    return;
  }
  const std::string where = file.attribute_place("/", "signature");
  signature = signature_of(file.json_attribute("/", "signature"), where);
  if (signature.task != found.task || image_shape(signature) != image_shape(found) ||
      signature.action.shape != found.action.shape)
    throw error("{}: is not that of the file's task, /image and /action", where);
}

Dream read_header(const io::FileReader& file) {
  Dream dream;
  const auto kind = file.attribute<std::string>("/", "kind");
  if (kind != kOpenLoop && kind != kPolicy)
    throw error("{}: kind is '{}', {} or {} is needed", file.path().string(), kind, kOpenLoop,
                kPolicy);
  dream.kind = kind == kPolicy ? DreamKind::policy : DreamKind::open_loop;
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

void write_dream(const std::filesystem::path& path, const Dream& d,
                 const io::Provenance& provenance, io::Replace replace) {
  io::FileWriter file(kFormat);
  file.attribute("/", "kind", d.kind == DreamKind::policy ? kPolicy : kOpenLoop);
  file.attribute("/", "signature", to_json(d.signature).dump());
  file.attribute("/", "task", d.signature.task);
  file.attribute("/", "context", d.context);
  if (static_cast<std::int64_t>(d.start_episode.size()) != d.starts)
    throw error("{}: {} starts, but {} episodes that they lie in", path.string(), d.starts,
                d.start_episode.size());
  Json episodes = Json::array();
  for (const std::string& episode : d.start_episode) episodes.push_back(text_of_path(episode));
  file.attribute("/start", "episode", episodes.dump());
  const io::Shape rows = {d.starts, d.horizon};
  const ImageShape image = image_shape(d.signature);
  const io::Shape images = {d.starts, d.horizon, image.height, image.width, image.channels};
  with_context(path.string(), [&] {
    write(file, "/start/row", "N", {d.starts}, d.start_row);
    write(file, "/action", "N,H,A", {d.starts, d.horizon, d.signature.action.size()}, d.action);
    write(file, "/stoch", "N,H,S", {d.starts, d.horizon, d.stoch_size}, d.stoch);
    write(file, "/deter", "N,H,D", {d.starts, d.horizon, d.deter_size}, d.deter);
    write(file, "/reward", "N,H", rows, d.reward);
    write(file, "/value", "N,H", rows, d.value, Presence::optional);
    write(file, "/discount", "N,H", rows, d.discount, Presence::optional);
    write(file, "/image", "N,H,Y,X,C", images, d.image);
    write(file, "/truth/image", "N,H,Y,X,C", images, d.truth_image, Presence::optional);
    write(file, "/truth/reward", "N,H", rows, d.truth_reward, Presence::optional);
  });
  io::write_provenance(file, provenance);
  file.commit(path, replace);
}

Dream read_dream(const std::filesystem::path& path) {
  const io::FileReader file(path, kFormat);
  Dream d = read_header(file);
  const io::Shape image = file.info("/image").shape;
  if (image.size() != 5)
    throw error("{}: /image is [{}], N,H,Y,X,C is needed", path.string(), fmt::join(image, ","));
  d.starts = image[0];
  d.horizon = image[1];
  set_spaces(file, d.signature, image);
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
  d.reward = read<float>(file, "/reward", {n, h});
  d.value = read<float>(file, "/value", {n, h}, Presence::optional);
  d.discount = read<float>(file, "/discount", {n, h}, Presence::optional);
  d.image = file.read<std::uint8_t>("/image");
  d.truth_image = read<std::uint8_t>(file, "/truth/image", image, Presence::optional);
  d.truth_reward = read<float>(file, "/truth/reward", {n, h}, Presence::optional);
  return d;
}

}  // namespace dreamer::data
