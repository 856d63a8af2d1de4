#include "config/stored_config.h"

#include "core/error.h"

namespace dreamer {

void merge_stored(Config& config, const Json& stored, std::string_view where) {
  Json known = Json::object();
  for (const Section& section : sections(config)) {
    if (!stored.is_object() || !stored.contains(section.name)) continue;
    const Json& settings = stored[section.name];
    if (!settings.is_object())
      throw error("{}: its section {} of settings is no JSON object", where, section.name);
    for (const Field& field : section.fields)
      for (const std::string& name : {field.older, field.name})
        if (!name.empty() && settings.contains(name))
          known[section.name][field.name] = settings[name];
  }
  try {
    merge(config, known);
  } catch (const Error& e) {  // of the file, not of what the user said
    throw error("{}: its setting {}", where, e.what());
  }
}

}  // namespace dreamer
