#include "data/folder_info.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "core/printable.h"
#include "core/signals.h"
#include "data/describe.h"
#include "data/episode.h"
#include "io/provenance.h"

namespace dreamer::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 8;  // values of a quantity, for people

/// What the summary of a folder needs of an episode.
struct Item {
  fs::path file;
  std::string task, image, render, policy, version;
  std::int64_t bytes = 0, length = 0, action_repeat = 1;
  std::optional<double> total;  // none: no rewards were logged
};

/// The policy that acted: its name in the command and its id, or random.
std::string policy_of(const io::Provenance& provenance) {
  std::string id;
  for (const io::Parent& parent : provenance.parents)
    if (parent.role == "policy") id = parent.id;
  const auto named = [&](const std::string& option) -> std::string {
    const auto found = std::ranges::find(provenance.argv, option);
    if (found == provenance.argv.end() || found + 1 == provenance.argv.end()) return {};
    return *(found + 1);
  };
  const auto given = [&](const char* option) {
    return std::ranges::find(provenance.argv, option) != provenance.argv.end();
  };
  if (given("--reenact") || given("--replay")) return "logged actions";
  if (id.empty()) return provenance.program.starts_with("dr-") ? "random" : provenance.program;
  const std::string name = named("--policy");
  return name.empty() ? id : fmt::format("{} ({})", name, id);
}

/// The return, as the file says it or by its rewards.
double total_of(const io::FileReader& file, const EpisodeHeader& header) {
  const Json total = file.has_attribute("/", "return") ? file.attribute("/", "return") : Json();
  if (total.is_number()) return total;
  const auto rewards = read_finite_rows(file, "/reward", {header.length});
  return std::accumulate(rewards.begin(), rewards.end(), 0.0);
}

Item read_item(const fs::path& path) {
  const io::FileReader file(path, "dreamer.episode");
  const EpisodeHeader header = read_episode_header(file);
  Item item;
  item.file = path;
  item.task = header.signature.task;
  item.length = header.length;
  item.action_repeat = header.signature.frames_per_step;
  item.bytes = static_cast<std::int64_t>(fs::file_size(path));
  const Space* const image = header.signature.observation("image");
  item.render = image == nullptr ? "none" : header.render.empty() ? "unknown" : header.render;
  item.image = image == nullptr ? "none" : shape_text(image->shape);
  if (header.rewards) item.total = total_of(file, header);
  try {
    const io::Provenance provenance = io::read_provenance(file);
    item.policy = policy_of(provenance);
    item.version = fmt::format("{} {}", provenance.program, provenance.version);
  } catch (const Error&) {  // others' episodes need none
    item.policy = item.version = "unknown";
  }
  return item;
}

template <class T>
Json spread(std::vector<T> values) {
  if (values.empty()) return nullptr;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? static_cast<double>(values[middle])
                                               : values[middle - 1] / 2.0 + values[middle] / 2.0;
  return {{"min", values.front()}, {"median", median}, {"max", values.back()}};
}

/// How many items have each value, the most common first.
template <class Value>
Json counted(const std::vector<Item>& items, Value&& value) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  std::unordered_map<std::string, std::size_t> places;
  for (const Item& item : items) {
    const std::string key = fmt::format("{}", value(item));
    const auto [place, added] = places.emplace(key, counts.size());
    if (added) counts.emplace_back(key, 0);
    ++counts[place->second].second;
  }
  std::ranges::stable_sort(counts, std::greater<>(), &std::pair<std::string, std::int64_t>::second);
  Json all = Json::object();
  for (const auto& [key, count] : counts) all[key] = count;
  return all;
}

/// "random 5, policy.h5 (…) 1"; the value alone if all have it.
std::string counts_text(const Json& counts) {
  if (counts.size() == 1) return printable(counts.begin().key());
  std::vector<std::string> parts;
  for (const auto& [value, count] : counts.items()) {
    if (parts.size() == kMostListed) {
      parts.push_back(fmt::format("and {} more", counts.size() - kMostListed));
      break;
    }
    parts.push_back(fmt::format("{} {}", printable(value), count.get<std::int64_t>()));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// 1234567 as 1,234,567.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = std::ssize(digits) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string spread_text(const Json& spread) {
  if (spread.is_null()) return "none: no rewards were logged";
  const auto number = [&](const char* name) {
    return fmt::format("{:.6g}", spread.at(name).get<double>());
  };
  return fmt::format("min {}   median {}   max {}", number("min"), number("median"), number("max"));
}

std::string headline(const Json& d) {
  const Json& tasks = d.at("tasks");
  const auto episodes = d.at("episodes").get<std::int64_t>();
  return fmt::format(
      "{} episode{}{}, {} agent steps ({} frames, action repeat {}), {}", grouped(episodes),
      episodes == 1 ? "" : "s", tasks.empty() ? "" : " of " + counts_text(tasks),
      grouped(d.at("steps").get<std::int64_t>()), grouped(d.at("frames").get<std::int64_t>()),
      counts_text(d.at("action_repeat")), size_text(d.at("bytes").get<std::int64_t>()));
}

}  // namespace

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    std::error_code gone;  // meanwhile
    if (!entry->path().filename().string().starts_with('.') && !entry->is_directory(gone))
      files.push_back(entry->path());
  }
  if (code) throw error("{}: cannot be listed: {}", folder.string(), code.message());
  std::ranges::sort(files);
  return files;
}

Json describe_folder(const fs::path& folder) {
  std::vector<Item> items;
  Json misfits = Json::array();
  const auto misfit = [&](const fs::path& file, const std::string& reason) {
    misfits.push_back({{"file", file.string()}, {"reason", reason}});
  };
  const std::vector<fs::path> files = files_in(folder);
  for (const fs::path& file : files) {
    if (signals::requested() != 0) throw signals::Stopped();
    if (file.extension() != ".h5") {
      misfit(file, "is no .h5 file");
      continue;
    }
    try {
      items.push_back(read_item(file));
    } catch (const Error& e) {
      misfit(file, e.what());
    }
  }
  const Json tasks = counted(items, [](const Item& item) { return item.task; });
  std::int64_t bytes = 0, steps = 0, frames = 0;
  std::vector<double> returns;
  std::vector<std::int64_t> lengths;
  for (const Item& item : items) {
    if (item.task != tasks.begin().key())
      misfit(item.file, fmt::format("is of {}, most are of {}", item.task, tasks.begin().key()));
    std::int64_t inner = 0;
    if (__builtin_mul_overflow(item.length - 1, item.action_repeat, &inner) ||
        __builtin_add_overflow(frames, inner, &frames))
      throw error("{}: an action_repeat of {} makes too many frames to count", item.file.string(),
                  item.action_repeat);
    bytes += item.bytes;
    steps += item.length - 1;
    if (item.total) returns.push_back(*item.total);
    lengths.push_back(item.length);
  }
  return {{"folder", folder.string()},
          {"files", files.size()},
          {"episodes", items.size()},
          {"bytes", bytes},
          {"steps", steps},
          {"frames", frames},
          {"tasks", tasks},
          {"action_repeat", counted(items, [](const Item& item) { return item.action_repeat; })},
          {"image", counted(items, [](const Item& item) { return item.image; })},
          {"render", counted(items, [](const Item& item) { return item.render; })},
          {"policies", counted(items, [](const Item& item) { return item.policy; })},
          {"versions", counted(items, [](const Item& item) { return item.version; })},
          {"return", spread(std::move(returns))},
          {"length", spread(std::move(lengths))},
          {"misfits", std::move(misfits)}};
}

std::string folder_text(const Json& d, std::size_t most) {
  std::string text =
      fmt::format("{}: {}\n", printable(d.at("folder").get<std::string>()), headline(d));
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("  {:<9} {}\n", name, value);
  };
  if (d.at("episodes").get<std::int64_t>() > 0) {
    add("policy", counts_text(d.at("policies")));
    add("images",
        fmt::format("{}, render {}", counts_text(d.at("image")), counts_text(d.at("render"))));
    add("return", spread_text(d.at("return")));
    add("length", fmt::format("{}   rows", spread_text(d.at("length"))));
    add("made by", counts_text(d.at("versions")));
  }
  const Json& misfits = d.at("misfits");
  if (!misfits.empty())
    add("misfits",
        fmt::format("{} of {} files", misfits.size(), d.at("files").get<std::int64_t>()));
  for (std::size_t i = 0; i < std::min(misfits.size(), most); ++i) {
    const auto file = misfits[i].at("file").get<std::string>();
    std::string reason = misfits[i].at("reason");
    if (!reason.starts_with(file)) reason = fmt::format("{} {}", file, reason);
    text += fmt::format("    {}\n", printable(reason));
  }
  if (misfits.size() > most)
    text += fmt::format("    and {} more (--verbose shows all)\n", misfits.size() - most);
  return text;
}

}  // namespace dreamer::data
