
#include "core/error.h"
#include "data/describe.h"

namespace dreamer::data {
namespace {

/// Facts by name, in the order of the first file that has them.
using Facts = Json;

void add_leaves(Facts& facts, const std::string& prefix, const Json& values) {
  if (!values.is_object()) return;
  for (const auto& [name, value] : values.items()) {
    if (value.is_object())
      add_leaves(facts, prefix + name + ".", value);
    else
      facts[prefix + name] = value;
  }
}

Facts facts_of(const Json& d) {
  Facts facts = Json::object();
  for (const char* name : {"format", "format_version"}) facts[name] = d.at(name);
  const Json& provenance = d.at("provenance");
  for (const char* name : {"program", "version", "seed"})
    if (provenance.contains(name)) facts[std::string("provenance.") + name] = provenance[name];
  // Attributes of the root have no prefix, those of /model are "model.task". The settings that the
  // sizes of a checkpoint follow from are among all its settings.
  for (const auto& [object, attributes] : d.at("attributes").items()) {
    Json of_object = attributes;
    if (object == "/model" || object == "/actor") of_object.erase("config");
    add_leaves(facts, object == "/" ? "" : object.substr(1) + ".", of_object);
  }
  if (provenance.contains("config")) add_leaves(facts, "", provenance["config"]);
  for (const Json& dataset : d.at("datasets")) {
    const auto path = dataset.at("path").get<std::string>();
    if (path.starts_with("/optimizer/")) continue;  // of the shapes of the parameters
    facts[path] = fmt::format("{} [{}]", dataset.at("type").get<std::string>(),
                              fmt::join(dataset.at("shape").get<std::vector<std::int64_t>>(), ","));
  }
  return facts;
}

}  // namespace

std::vector<Difference> differences(const Json& first, const Json& second) {
  const Facts a = facts_of(first), b = facts_of(second);
  std::vector<Difference> found;
  for (const auto& [name, value] : a.items()) {
    const auto other = b.find(name);
    if (other == b.end())
      found.push_back({name, value, nullptr});
    else if (*other != value)
      found.push_back({name, value, *other});
  }
  for (const auto& [name, value] : b.items())
    if (!a.contains(name)) found.push_back({name, nullptr, value});
  return found;
}

}  // namespace dreamer::data
