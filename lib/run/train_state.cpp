#include "run/train_state.h"

#include "agent/checkpoint.h"
#include "config/stored_config.h"
#include "core/error.h"
#include "core/log.h"
#include "io/provenance.h"
#include "learner/resume_identity.h"
#include "run/guarded_update.h"

namespace dreamer {

namespace fs = std::filesystem;

TrainFiles::TrainFiles(const fs::path& folder)
    : settings(folder / "run.json"),
      episodes(folder / "episodes"),
      log(folder / "log.jsonl"),
      model(folder / "model.h5"),
      policy(folder / "policy.h5"),
      work(folder / "train.h5"),
      resume(resume_path(work)),
      folder_(folder) {}

fs::path TrainFiles::evaluated(std::int64_t round) const {
  return folder_ / fmt::format("round-{:04}-policy.h5", round);
}

Json identity(const TrainJob& job) {
  Json begin = Json::array();
  for (const fs::path& init : {job.init_model, job.init_policy})
    if (!init.empty()) begin.push_back(io::read_provenance(io::FileReader(init)).id);
  return {{"config", to_json(job.config)},
          {"seed", job.seed},
          {"task", job.task},
          {"render", job.render},
          {"init", begin}};
}

void write_state(io::FileWriter& file, const TrainJob& job, const TrainState& state) {
  const Json run = {{"round", state.round},
                    {"in_round", state.in_round},
                    {"updates", state.updates},
                    {"seconds", state.seconds},
                    {"round_began", state.round_began},
                    {"log_bytes", state.log_bytes},
                    {"episodes", state.episodes},
                    {"digest", state.digest},
                    {"frames_digest", state.frames_digest}};
  file.attribute("/progress", "run", run.dump());
  file.attribute("/progress", "job", identity(job).dump());
}

namespace {

/// Refuses what no run can be continued with, --change or not.
void check_may_change(const Json& left, const TrainJob& job, const fs::path& path) {
  Json ours = identity(job);
  ours["config"] = left.at("config");
  if (const std::string fixed = differences(left, ours); !fixed.empty())
    throw error("{}: was left by another command: {}; --change is for settings alone",
                path.string(), fixed);
  Config earlier;
  merge_stored(earlier, left.at("config"), fmt::format("{}: its settings", path.string()));
  check_same_sizes(earlier.model, job.config.model, path);
  check_same_sizes(earlier.behavior, job.config.behavior, path);
  if (earlier.model.observations != job.config.model.observations)
    throw error("{}: model.observations is '{}' there, '{}' here; --change cannot change it",
                path.string(), earlier.model.observations, job.config.model.observations);
}

}  // namespace

std::optional<TrainState> find_state(const TrainJob& job) {
  const fs::path path = TrainFiles(job.out).resume;
  if (!fs::exists(path)) return std::nullopt;
  const io::FileReader file(path, "dreamer.policy");
  const Json left = file.json_attribute("/progress", "job");
  if (const std::string different = differences(left, identity(job)); !different.empty()) {
    if (!job.change)
      throw error(
          "{}: was left by another command: {}; give what that one had, or --change to go on with "
          "other settings, or another --out, or remove it",
          path.string(), different);
    check_may_change(left, job, path);
    log::info("{}: continuing with other settings: {}", path.string(), different);
  }
  const Json run = file.json_attribute("/progress", "run");
  try {
    const std::int64_t begun = run.at("round").get<std::int64_t>() - (run.at("in_round") == 0);
    if (begun > job.rounds)
      throw error("{}: is in round {} already, --rounds is {}; give at least as many",
                  path.string(), begun, job.rounds);
    return TrainState{.round = run.at("round"),
                      .in_round = run.at("in_round"),
                      .updates = run.at("updates"),
                      .seconds = run.at("seconds"),
                      .round_began = run.at("round_began"),
                      .log_bytes = run.at("log_bytes"),
                      .episodes = run.at("episodes"),
                      .digest = run.at("digest"),
                      .frames_digest = run.value("frames_digest", "")};  // not of older versions
  } catch (const Json::exception&) {
    throw error("{} is not the state of a run", file.attribute_place("/progress", "run"));
  }
}

}  // namespace dreamer
