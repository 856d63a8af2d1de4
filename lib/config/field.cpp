#include "config/field.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/nearest.h"

namespace dreamer {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string bounds(const Field& field) {
  const bool below = std::isfinite(field.least), above = std::isfinite(field.most);
  if (below && above) return fmt::format(", {:g} to {:g}", field.least, field.most);
  if (below) return fmt::format(", at least {:g}", field.least);
  if (above) return fmt::format(", at most {:g}", field.most);
  return "";
}

}  // namespace

Json Field::json() const {
  return std::visit([](const auto* v) { return Json(*v); }, value);
}

std::string Field::allowed() const {
  return std::visit(Overloaded{[&](std::int64_t*) { return "integer" + bounds(*this); },
                               [&](double*) { return "number" + bounds(*this); },
                               [](bool*) { return std::string("true or false"); },
                               [&](std::string*) {
                                 return choices.empty()
                                            ? std::string("text")
                                            : fmt::format("{}", fmt::join(choices, " | "));
                               }},
                    value);
}

void Field::assign(const Json& json, const std::string& key) const {
  const auto refuse = [&](const std::string& why = {}) {
    return usage_error("{} = {}: must be {}{}", key, json.dump(), allowed(), why);
  };
  const auto check_range = [&](double v) {
    if (!(v >= least && v <= most)) throw refuse();
  };
  std::visit(Overloaded{[&](std::int64_t* v) {
                          if (!json.is_number()) throw refuse();
                          const auto real = json.get<double>();
                          if (real != std::floor(real)) throw refuse();
                          check_range(real);
                          *v = json.get<std::int64_t>();
                        },
                        [&](double* v) {
                          if (!json.is_number()) throw refuse();
                          check_range(json.get<double>());
                          *v = json.get<double>();
                        },
                        [&](bool* v) {
                          if (!json.is_boolean()) throw refuse();
                          *v = json.get<bool>();
                        },
                        [&](std::string* v) {
                          if (!json.is_string()) throw refuse();
                          auto text = json.get<std::string>();
                          if (!choices.empty() && std::ranges::find(choices, text) == choices.end())
                            throw refuse(did_you_mean(text, choices));
                          *v = std::move(text);
                        }},
             value);
}

Json Field::schema() const {
  Json schema;
  std::visit(Overloaded{[&](std::int64_t*) { schema["type"] = "integer"; },
                        [&](double*) { schema["type"] = "number"; },
                        [&](bool*) { schema["type"] = "boolean"; },
                        [&](std::string*) {
                          schema["type"] = "string";
                          if (!choices.empty()) schema["enum"] = choices;
                        }},
             value);
  if (choices.empty() && std::isfinite(least)) schema["minimum"] = least;
  if (choices.empty() && std::isfinite(most)) schema["maximum"] = most;
  schema["default"] = json();
  schema["description"] = doc;
  return schema;
}

}  // namespace dreamer
