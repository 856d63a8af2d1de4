#include "data/describe.h"

#include <limits>

#include "core/error.h"
#include "core/json.h"
#include "core/printable.h"
#include "core/shell_words.h"
#include "data/dream.h"
#include "data/episode.h"
#include "io/file.h"
#include "io/layout.h"

namespace dreamer::data {
namespace {

constexpr std::size_t kListedDatasets = 24;  // more of one group are summed up for people

/// JSON text becomes JSON.
Json parsed(const Json& value) {
  if (!value.is_string()) return value;
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty() || (text[0] != '{' && text[0] != '[' && text != "null")) return value;
  return try_parse_json(text).value_or(value);
}

std::string dataset_line(const Json& d) {
  const auto shape = d.at("shape").get<std::vector<std::int64_t>>();
  const auto dims = d.at("dims").get<std::string>();
  return fmt::format("  {:<36} {:<8} [{}]{}{}\n", d.at("path").get<std::string>(),
                     d.at("type").get<std::string>(), fmt::join(shape, ","),
                     dims.empty() ? "" : "  " + dims,
                     fmt::format("  {}", size_text(d.at("stored_bytes").get<std::int64_t>())));
}

/// "/model/encoder/conv0/weight" belongs to "/model".
std::string top_group(const std::string& path) { return path.substr(0, path.find('/', 1)); }

/// The sum, or the largest number.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? std::numeric_limits<std::int64_t>::max() : result;
}

/// The program with its arguments; empty where they are not known.
std::string command_of(const Json& provenance) {
  const Json program = provenance.value("program", Json()), argv = provenance.value("argv", Json());
  if (!program.is_string() || !argv.is_array()) return {};
  std::vector<std::string> words{program.get<std::string>()};
  for (const Json& word : argv) {
    if (!word.is_string()) return {};
    words.push_back(word.get<std::string>());
  }
  return shell_words(words);
}

}  // namespace

std::string size_text(std::int64_t bytes) {
  if (bytes >= 10 << 20) return fmt::format("{} MiB", bytes >> 20);
  if (bytes >= 10 << 10) return fmt::format("{} KiB", bytes >> 10);
  return fmt::format("{} B", bytes);
}

std::string value_text(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());  // 5, not 5.0
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json describe(const std::filesystem::path& path) {
  const io::FileReader file(path);
  const auto datasets = file.datasets();
  Json out;
  out["file"] = path.string();
  out["bytes"] = std::filesystem::file_size(path);
  out["format"] = file.format();
  out["format_version"] = file.format_version();
  Json provenance = Json::object(), attributes = Json::object();
  for (const std::string& group : file.groups()) {
    Json values = Json::object();
    const Json stored = file.attributes(group);
    for (const auto& [name, value] : stored.items())
      if (group != "/" || !name.starts_with("format")) values[name] = parsed(value);
    if (group == "/provenance")
      provenance = std::move(values);
    else if (!values.empty())
      attributes[group] = std::move(values);
  }
  out["command"] = command_of(provenance);
  out["provenance"] = std::move(provenance);
  out["attributes"] = std::move(attributes);
  Json list = Json::array();
  for (const auto& info : datasets)
    list.push_back({{"path", info.path},
                    {"type", info.type},
                    {"shape", info.shape},
                    {"dims", info.dims},
                    {"stored_bytes", info.stored_bytes}});
  out["datasets"] = std::move(list);
  return out;
}

std::string listing(const Json& d) {
  std::string text = fmt::format(
      "{}: {} {}, {}\n", d.at("file").get<std::string>(), d.at("format").get<std::string>(),
      d.at("format_version").get<std::string>(), size_text(d.at("bytes").get<std::int64_t>()));
  for (const auto& [name, value] : d.at("provenance").items())
    if (name != "config" && name != "argv")
      text += fmt::format("  {:<14} {}\n", name, value_text(value));
  if (const auto command = d.at("command").get<std::string>(); !command.empty())
    text += fmt::format("  {:<14} {}\n", "command", printable(command));
  for (const auto& [object, attributes] : d.at("attributes").items())
    for (const auto& [name, value] : attributes.items())
      text += fmt::format("  {:<14} {}\n", object == "/" ? name : object.substr(1) + "." + name,
                          value_text(value));
  if (const Json config = d.at("provenance").value("config", Json()); config.is_object())
    for (const auto& [section, values] : config.items())
      text += fmt::format("  config {:<7} {}\n", section, value_text(values));

  const Json& datasets = d.at("datasets");
  for (std::size_t i = 0; i < datasets.size();) {
    const std::string group = top_group(datasets[i].at("path"));
    std::size_t end = i;
    std::int64_t elements = 0, bytes = 0;
    for (; end < datasets.size() && top_group(datasets[end].at("path")) == group; ++end) {
      elements = sum(elements, io::elements_of(datasets[end].at("shape").get<io::Shape>()));
      bytes = sum(bytes, datasets[end].at("stored_bytes").get<std::int64_t>());
    }
    if (end - i > kListedDatasets)
      text += fmt::format("  {:<36} {} datasets, {} values  {}\n", group + "/…", end - i, elements,
                          size_text(bytes));
    else
      for (; i < end; ++i) text += dataset_line(datasets[i]);
    i = end;
  }
  return text;
}

std::vector<std::string> violations(const std::filesystem::path& path) {
  const io::FileReader file(path);
  const io::Layout layout =
      with_context(path.string(), [&] { return io::layout_of(file.format()); });
  auto broken = io::check_layout(file, layout);
  if (!broken.empty()) return broken;
  // What a layout cannot say: that the datasets bear out the signature.
  try {
    if (file.format() == "dreamer.episode") static_cast<void>(read_episode_header(file));
    if (file.format() == "dreamer.dream") static_cast<void>(read_dream(path));
  } catch (const Error& e) {
    const std::string text = e.what(), where = path.string() + ": ";
    broken.push_back(text.starts_with(where) ? text.substr(where.size()) : text);
  }
  return broken;
}

}  // namespace dreamer::data
