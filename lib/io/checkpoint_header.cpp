#include "io/checkpoint_header.h"

#include "core/error.h"
#include "io/provenance.h"

namespace dreamer::io {

namespace {

constexpr std::int64_t kMost = 1 << 20;  // values of an action or a vector, channels, sides

Signature said_signature(const FileReader& file) {
  if (file.has_attribute("/model", "signature"))
    return signature_of(file.json_attribute("/model", "signature"),
                        file.attribute_place("/model", "signature"));
  const auto image = file.attribute<std::vector<std::int64_t>>("/model", "image");
  if (image.size() != 3)
    throw error("{} has {} values, 3 are needed", file.attribute_place("/model", "image"),
                image.size());
  Signature signature;
  signature.task = file.attribute<std::string>("/model", "task");
  signature.observations = {image_space({image[0], image[1], image[2]})};
  signature.action.shape = {file.attribute<std::int64_t>("/model", "action_size")};
  signature.frames_per_step = file.attribute<std::int64_t>("/model", "action_repeat");
  signature.protocol = {{"action_repeat", signature.frames_per_step}};
  return signature;
}

void check_extents(const Space& space, const std::string& what, const FileReader& file) {
  std::int64_t size = 1;
  for (const std::int64_t extent : space.shape)
    if (extent < 1 || extent > kMost || (size *= extent) > kMost * kMost)
      throw error("{}: /model: {} is {}; the file is damaged", file.path().string(), what,
                  shape_text(space.shape));
}

}  // namespace

Signature read_model_signature(const FileReader& file) {
  Signature signature = said_signature(file);
  for (const Space& space : signature.observations)
    check_extents(space, "the observation " + space.name, file);
  if (signature.observations.empty())
    throw error("{}: /model: there are no observations; the file is damaged", file.path().string());
  check_extents(signature.action, "the action", file);
  if (signature.action.size() > kMost)
    throw error("{}: /model: {} actions; the file is damaged", file.path().string(),
                signature.action.size());
  return signature;
}

Json read_settings(const FileReader& file) {
  Json settings = read_provenance(file).config;
  const auto lay_over = [&](const char* group, const char* section) {
    if (!file.has_attribute(group, "config")) return;
    if (!settings.is_object()) settings = Json::object();
    settings[section] = file.json_attribute(group, "config");
  };
  lay_over("/model", "model");
  lay_over("/actor", "behavior");
  return settings;
}

std::string part_name(const std::string& part, const Space& space) {
  if (space.name == "image") return part;
  std::string name = part + "_" + space.name;
  for (char& c : name)
    if (c == '.' || c == '/') c = '~';  // LibTorch's names of modules have neither
  return name;
}

void check_shape(const FileReader& file, const std::string& path, const Shape& claimed) {
  const Shape shape = file.info(path).shape;
  if (shape != claimed)
    throw error("{}: {} is {}, the configuration in the file makes it {}; the file is damaged",
                file.path().string(), path, fmt::join(shape, "x"), fmt::join(claimed, "x"));
}

}  // namespace dreamer::io
