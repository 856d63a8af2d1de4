#pragma once

#include <string>
#include <vector>

#include "io/file.h"

namespace dreamer::io {

/// A file that another one was made from.
struct Parent {
  std::string id;    // its provenance id
  std::string role;  // "data", "model", "policy", "init"
};

/// Where a file came from: the /provenance group of every file.
struct Provenance {
  std::string id;  // 32 hexadecimal digits, new for every file
  std::string program, version;
  std::vector<std::string> argv;
  Json config;  // as resolved; null where there is none
  std::int64_t seed = 0;
  std::vector<Parent> parents;
  std::string time;  // UTC, ISO 8601
  /// Of a checkpoint: the episodes that its model was learned from, by their contents
  /// (data::Replay::fingerprints), sorted; of very many the first ones.
  std::vector<std::string> episodes = {};
};

/// Remembers the command line of this process for every file it writes. Called by cli::Program.
void set_command_line(std::string program, std::vector<std::string> argv);

/// The provenance of a file that this process writes now: new id, command line, time.
[[nodiscard]] Provenance new_provenance(Json config, std::int64_t seed,
                                        std::vector<Parent> parents);

/// As attributes of the group /provenance; argv, config and parents as JSON text.
void write_provenance(FileWriter& file, const Provenance& provenance);
[[nodiscard]] Provenance read_provenance(const FileReader& file);

}  // namespace dreamer::io
