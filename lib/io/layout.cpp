#include "io/layout.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/json.h"
#include "core/paths.h"
#include "core/split.h"

namespace dreamer::io {
namespace {

constexpr std::string_view kPrefix = "dreamer.";
constexpr std::int64_t kBytesAtOnce = 16 << 20;  // of a dataset held while it is checked

void add_rules(Layout& layout, const Json& json) {
  for (const auto& [object, attributes] : json.at("attributes").items())
    for (const auto& [name, rule] : attributes.items())
      layout.attributes.push_back({object, name, rule.at("type"), rule.value("optional", false),
                                   rule.value("extent", ""),
                                   rule.value("range", std::vector<double>())});
  for (const Json& rule : json.at("datasets"))
    layout.datasets.push_back({rule.at("path"), rule.at("type"), rule.at("dims"),
                               rule.value("like", ""), rule.value("optional", false),
                               rule.value("finite", true),
                               rule.value("range", std::vector<double>())});
}

/// What the stars of `pattern` stand for in `path`; nothing if it does not match.
std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& path) {
  std::vector<std::string> stars;
  std::size_t i = 0;
  for (; i < pattern.size(); ++i) {
    if (i >= path.size()) return std::nullopt;
    if (pattern[i] == "**") {  // always the last
      stars.push_back(fmt::format(
          "{}", fmt::join(path.begin() + static_cast<std::ptrdiff_t>(i), path.end(), "/")));
      return stars;
    }
    if (pattern[i] == "*")
      stars.push_back(path[i]);
    else if (pattern[i] != path[i])
      return std::nullopt;
  }
  if (i != path.size()) return std::nullopt;
  return stars;
}

bool has_type(const Json& value, const std::string& type) {
  // As the readers take them: what they read obeys, and the other way round.
  if (type == "string") return value_as<std::string>(value).has_value();
  if (type == "boolean") return value_as<bool>(value).has_value();
  if (type == "integer") return value_as<std::int64_t>(value).has_value();
  if (type == "real") return value_as<double>(value).has_value();
  if (type == "integers") return value_as<std::vector<std::int64_t>>(value).has_value();
  if (type == "reals") return value_as<std::vector<double>>(value).has_value();
  if (type == "version") return value_as<std::string>(value) || value_as<double>(value);
  const auto text = value_as<std::string>(value);
  return text && try_parse_json(*text).has_value();
}

class Check {
 public:
  Check(const FileReader& file, const Layout& layout) : file_(file), layout_(layout) {}

  std::vector<std::string> run() {
    attributes();
    std::vector<bool> met(layout_.datasets.size(), false);
    for (const DatasetInfo& info : file_.datasets()) {
      const auto path = split(info.path, '/');
      const DatasetRule* rule = nullptr;
      for (std::size_t i = 0; i < layout_.datasets.size() && rule == nullptr; ++i) {
        const auto stars = match(split(layout_.datasets[i].path, '/'), path);
        if (!stars) continue;
        rule = &layout_.datasets[i];
        met[i] = true;
        dataset(info, *rule, *stars);
      }
      contents(info, rule);
    }
    for (const auto& [letter, said] : extents_said_)
      if (const auto found = extent_.find(letter);
          found != extent_.end() && found->second.first != said.first)
        report("{} is {}, {} has {} = {}", said.second, said.first, found->second.second, letter,
               found->second.first);
    for (std::size_t i = 0; i < met.size(); ++i)
      if (!met[i] && !layout_.datasets[i].optional)
        report("{} is missing", layout_.datasets[i].path);
    return std::move(violations_);
  }

 private:
  template <class... Args>
  void report(fmt::format_string<Args...> format, Args&&... args) {
    violations_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void attributes() {
    for (const AttributeRule& rule : layout_.attributes) {
      const std::string where = (rule.object == "/" ? "/" : rule.object + "/") + "@" + rule.name;
      if (!file_.has_attribute(rule.object, rule.name)) {
        if (!rule.optional) report("{} is missing", where);
        continue;
      }
      const Json value = file_.attribute(rule.object, rule.name);
      if (!has_type(value, rule.type)) {
        report("{} is not of type {}", where, rule.type);
        continue;
      }
      const auto number = value_as<double>(value);
      if (number && rule.range.size() == 2 &&
          !(*number >= rule.range[0] && *number <= rule.range[1]))
        report("{} is {}, {} to {} are allowed", where, *number, rule.range[0], rule.range[1]);
      if (const auto extent = value_as<std::int64_t>(value); extent && !rule.extent.empty())
        extents_said_[rule.extent] = {*extent, where};
    }
  }

  void dataset(const DatasetInfo& info, const DatasetRule& rule,
               const std::vector<std::string>& stars) {
    const auto types = split(rule.type, '|');
    if (std::ranges::find(types, info.type) == types.end())
      report("{} is {}, {} is needed", info.path, info.type, rule.type);
    extents(info, rule);
    if (rule.like.empty()) return;
    std::string other = rule.like;
    for (std::size_t i = 0; i < stars.size(); ++i)
      if (const auto at = other.find(fmt::format("${}", i + 1)); at != std::string::npos)
        other.replace(at, 2, stars[i]);
    if (!file_.has(other))
      report("{} has no counterpart {}", info.path, other);
    else if (const Shape shape = file_.info(other).shape; shape != info.shape)
      report("{} is [{}], its counterpart {} is [{}]", info.path, fmt::join(info.shape, ","), other,
             fmt::join(shape, ","));
  }

  /// Axes: their number, their names in the file, and one extent a letter.
  void extents(const DatasetInfo& info, const DatasetRule& rule) {
    auto letters = split(rule.dims, ',');
    const bool open = !letters.empty() && letters.back() == "*";
    if (open) letters.pop_back();
    if (open ? info.shape.size() < letters.size() : info.shape.size() != letters.size()) {
      report("{} is [{}], axes {} are needed", info.path, fmt::join(info.shape, ","), rule.dims);
      return;
    }
    if (rule.dims != "*") {
      const auto named = split(info.dims, ',');
      const bool same = named.size() == info.shape.size() &&
                        std::equal(letters.begin(), letters.end(), named.begin());
      if (!same) report("{} has dims '{}', '{}' are needed", info.path, info.dims, rule.dims);
    }
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto [first, is_new] = extent_.try_emplace(letters[i], info.shape[i], info.path);
      if (!is_new && first->second.first != info.shape[i])
        report("{} has {} = {}, {} has {}", info.path, letters[i], info.shape[i],
               first->second.second, first->second.first);
    }
  }

  /// Reads all rows, for the checksums, and checks the values.
  void contents(const DatasetInfo& info, const DatasetRule* rule) {
    if (info.type == "uint8") values<std::uint8_t>(info, nullptr);
    if (info.type == "int64") values<std::int64_t>(info, rule);
    if (info.type == "float32") values<float>(info, rule);
    if (info.type == "float64") values<double>(info, rule);
  }

  template <class T>
  void values(const DatasetInfo& info, const DatasetRule* rule) {
    file_.count_whole(info.path);
    if (info.shape.empty()) {
      numbers(info, rule, 0, 1, file_.read<T>(info.path));
      return;
    }
    const std::int64_t columns = elements_of({info.shape.begin() + 1, info.shape.end()});
    const std::int64_t row_bytes =
        std::max<std::int64_t>(columns * static_cast<std::int64_t>(sizeof(T)), 1);
    // Whole chunks, so that none is inflated twice.
    const std::int64_t chunk = std::max<std::int64_t>(info.chunk_rows, 1);
    const std::int64_t step = std::max<std::int64_t>(kBytesAtOnce / row_bytes / chunk, 1) * chunk;
    for (std::int64_t row = 0; row < info.shape[0]; row += step) {
      const auto part = file_.read_rows<T>(info.path, row, std::min(step, info.shape[0] - row));
      if (!numbers(info, rule, row, columns, part)) return;
    }
  }

  /// Whether these rows hold what the rule allows; reports the first that do not.
  template <class T>
  bool numbers(const DatasetInfo& info, const DatasetRule* rule, std::int64_t first_row,
               std::int64_t columns, const std::vector<T>& rows) {
    if (rule == nullptr) return true;
    const std::string broken = broken_row(*rule, rows, columns, first_row);
    if (!broken.empty()) report("{} {}", info.path, broken);
    return broken.empty();
  }

  const FileReader& file_;
  const Layout& layout_;
  std::vector<std::string> violations_;
  using Extents = std::map<std::string, std::pair<std::int64_t, std::string>>;
  Extents extent_;        // letter: extent, where
  Extents extents_said_;  // likewise, of attributes
};

}  // namespace

Layout layout_of(const std::string& format) {
  const std::filesystem::path folder = "schemas";
  const std::string kind = format.substr(std::min(kPrefix.size(), format.size()));
  const auto path = folder / (kind + ".layout.json");
  std::error_code unknown;  // such as a name that is too long
  if (kind.find('/') != std::string::npos || kind == "common" ||
      !std::filesystem::exists(share_dir() / path, unknown))
    throw error("{} is no format that this dreamer knows; use a newer one", format);
  Layout layout;
  layout.format = format;
  try {
    add_rules(layout, read_share(folder / "common.layout.json"));
    add_rules(layout, read_share(path));
  } catch (const Json::exception& e) {
    throw error("{}: is not a layout: {}", (share_dir() / path).string(), e.what());
  }
  return layout;
}

const DatasetRule* rule_for(const Layout& layout, const std::string& path) {
  const auto found = std::ranges::find_if(layout.datasets, [&](const DatasetRule& rule) {
    return match(split(rule.path, '/'), split(path, '/')).has_value();
  });
  return found == layout.datasets.end() ? nullptr : &*found;
}

std::vector<std::string> check_layout(const FileReader& file, const Layout& layout) {
  return Check(file, layout).run();
}

}  // namespace dreamer::io
