#include "io/layout.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "core/error.h"
#include "core/paths.h"

namespace dreamer::io {
namespace {

constexpr std::string_view kPrefix = "dreamer.";
constexpr std::int64_t kBytesAtOnce = 16 << 20;  // of a dataset held while it is checked

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

Json read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw error("{}: cannot be read; is dreamer installed whole?", path.string());
  Json json = Json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw error("{}: is not JSON", path.string());
  return json;
}

void add_rules(Layout& layout, const Json& json) {
  for (const auto& [object, attributes] : json.at("attributes").items())
    for (const auto& [name, rule] : attributes.items())
      layout.attributes.push_back({object, name, rule.at("type"), rule.value("optional", false)});
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
  const auto all = [&](auto&& is) {
    return value.is_array() && std::all_of(value.begin(), value.end(), is);
  };
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  // A byte of 0 or 1 reads as a boolean, and is an integer all the same.
  if (type == "integer") return value.is_number_integer() || value.is_boolean();
  if (type == "real") return value.is_number_float();
  if (type == "integers") return all([](const Json& v) { return v.is_number_integer(); });
  if (type == "reals") return all([](const Json& v) { return v.is_number_float(); });
  return value.is_string() && Json::accept(value.get<std::string>());
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
      } else if (!has_type(file_.attribute(rule.object, rule.name), rule.type)) {
        report("{} is not of type {}", where, rule.type);
      }
    }
  }

  void dataset(const DatasetInfo& info, const DatasetRule& rule,
               const std::vector<std::string>& stars) {
    if (info.type != rule.type) report("{} is {}, {} is needed", info.path, info.type, rule.type);
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

  /// Reads all rows, for the checksums, and looks at the numbers.
  void contents(const DatasetInfo& info, const DatasetRule* rule) {
    if (info.type == "uint8") values<std::uint8_t>(info, nullptr);
    if (info.type == "int64") values<std::int64_t>(info, rule);
    if (info.type == "float32") values<float>(info, rule);
    if (info.type == "float64") values<double>(info, rule);
  }

  template <class T>
  void values(const DatasetInfo& info, const DatasetRule* rule) {
    if (info.shape.empty()) {
      numbers(info, rule, 0, 1, file_.read<T>(info.path));
      return;
    }
    std::int64_t columns = 1;
    for (std::size_t i = 1; i < info.shape.size(); ++i) columns *= info.shape[i];
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
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto value = static_cast<double>(rows[i]);
      const bool finite = !rule->finite || std::isfinite(value);
      const bool inside =
          rule->range.size() != 2 || !(value < rule->range[0] || value > rule->range[1]);
      if (finite && inside) continue;
      const std::int64_t row = first_row + static_cast<std::int64_t>(i) / columns;
      if (!finite)
        report("{} row {} is not finite", info.path, row);
      else
        report("{} row {} is {}, {} to {} are allowed", info.path, row, value, rule->range[0],
               rule->range[1]);
      return false;
    }
    return true;
  }

  const FileReader& file_;
  const Layout& layout_;
  std::vector<std::string> violations_;
  std::map<std::string, std::pair<std::int64_t, std::string>> extent_;  // letter: extent, where
};

}  // namespace

Layout layout_of(const std::string& format) {
  const auto folder = share_dir() / "schemas";
  const std::string kind = format.substr(std::min(kPrefix.size(), format.size()));
  const auto path = folder / (kind + ".layout.json");
  if (kind.find('/') != std::string::npos || kind == "common" || !std::filesystem::exists(path))
    throw error("{} is no format that this dreamer knows; use a newer one", format);
  Layout layout;
  layout.format = format;
  try {
    add_rules(layout, read_json(folder / "common.layout.json"));
    add_rules(layout, read_json(path));
  } catch (const Json::exception& e) {
    throw error("{}: is not a layout: {}", path.string(), e.what());
  }
  return layout;
}

std::vector<std::string> check_layout(const FileReader& file, const Layout& layout) {
  return Check(file, layout).run();
}

}  // namespace dreamer::io
