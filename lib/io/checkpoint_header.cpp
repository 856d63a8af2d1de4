#include "io/checkpoint_header.h"

#include "core/error.h"
#include "io/provenance.h"

namespace dreamer::io {

Signature read_model_signature(const FileReader& file) {
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

}  // namespace dreamer::io
