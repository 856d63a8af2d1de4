#include "io/provenance.h"

#include <sys/random.h>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>

#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr const char* kGroup = "/provenance";

struct CommandLine {
  std::mutex mutex;
  std::string program = "dreamer";
  std::vector<std::string> argv;
};

CommandLine& command_line() {
  static CommandLine instance;
  return instance;
}

std::string new_id() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw error("no random bytes from the system for a file's id");
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

Json parse(const FileReader& file, const std::string& name) {
  const Json text = file.attribute(kGroup, name);
  if (!text.is_string()) throw error("{}: {}/{} is not text", file.path().string(), kGroup, name);
  Json value = Json::parse(text.get<std::string>(), nullptr, false);
  if (value.is_discarded())
    throw error("{}: {}/{} is not JSON", file.path().string(), kGroup, name);
  return value;
}

/// Runs `read`, whose JSON conversions throw nlohmann's exceptions on values of the wrong type.
template <class Read>
void converting(const FileReader& file, Read&& read) {
  try {
    read();
  } catch (const Json::exception&) {
    throw error("{}: {} has an attribute of the wrong type", file.path().string(), kGroup);
  }
}

}  // namespace

void set_command_line(std::string program, std::vector<std::string> argv) {
  auto& line = command_line();
  const std::lock_guard lock(line.mutex);
  line.program = std::move(program);
  line.argv = std::move(argv);
}

Provenance new_provenance(Json config, std::int64_t seed, std::vector<Parent> parents) {
  auto& line = command_line();
  const std::lock_guard lock(line.mutex);
  return {.id = new_id(),
          .program = line.program,
          .version = DREAMER_VERSION,
          .argv = line.argv,
          .config = std::move(config),
          .seed = seed,
          .parents = std::move(parents),
          .time = now_utc()};
}

void write_provenance(FileWriter& file, const Provenance& provenance) {
  Json parents = Json::array();
  for (const auto& parent : provenance.parents)
    parents.push_back({{"id", parent.id}, {"role", parent.role}});
  const auto put = [&](const char* name, const Json& value) {
    file.attribute(kGroup, name, value);
  };
  // Arguments and paths may hold any bytes; what is not UTF-8 is replaced.
  const auto text = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  put("id", provenance.id);
  put("program", provenance.program);
  put("version", provenance.version);
  put("argv", text(provenance.argv));
  put("config", text(provenance.config));
  put("seed", provenance.seed);
  put("parents", text(parents));
  put("time", provenance.time);
}

Provenance read_provenance(const FileReader& file) {
  Provenance p;
  converting(file, [&] {
    p.id = file.attribute(kGroup, "id").get<std::string>();
    p.program = file.attribute(kGroup, "program").get<std::string>();
    p.version = file.attribute(kGroup, "version").get<std::string>();
    p.argv = parse(file, "argv").get<std::vector<std::string>>();
    p.config = parse(file, "config");
    p.seed = file.attribute(kGroup, "seed").get<std::int64_t>();
    for (const auto& parent : parse(file, "parents"))
      p.parents.push_back(
          {parent.at("id").get<std::string>(), parent.at("role").get<std::string>()});
    p.time = file.attribute(kGroup, "time").get<std::string>();
  });
  return p;
}

}  // namespace dreamer::io
