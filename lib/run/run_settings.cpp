#include "run/run_settings.h"

#include <span>
#include <string>

#include "io/atomic_file.h"
#include "io/provenance.h"

namespace dreamer {

void write_run_settings(const std::filesystem::path& path, const TrainJob& job) {
  const io::Provenance made = io::new_provenance(to_json(job.config), job.seed, {});
  const Json run = {{"program", made.program}, {"version", made.version},
                    {"task", job.task},        {"seed", job.seed},
                    {"render", job.render},    {"settings", made.config}};
  const std::string text = run.dump(2) + "\n";
  io::write_atomically(path, std::as_bytes(std::span(text)), io::Replace::yes);
}

}  // namespace dreamer
