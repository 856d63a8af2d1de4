#include <algorithm>

#include "core/log.h"
#include "core/number.h"
#include "data/dream.h"
#include "dream/dream_file.h"
#include "dream/starts.h"
#include "io/atomic_file.h"
#include "run/commands.h"
#include "run/compute.h"
#include "run/inputs.h"
#include "run/simulated_truth.h"

namespace dreamer::run {
namespace {

void warn_unless_descends(const PolicyCheckpoint& policy, const std::filesystem::path& policy_path,
                          const ModelCheckpoint& model, const std::filesystem::path& model_path) {
  const auto& parents = policy.model.provenance.parents;
  if (std::ranges::none_of(parents, [&](const io::Parent& parent) {
        return parent.role == "model" && parent.id == model.provenance.id;
      }))
    log::warning("{} was not learned in {}", policy_path.string(), model_path.string());
}

/// The episodes of FILE:ROW, each once.
std::vector<std::filesystem::path> files_of(const std::vector<std::string>& places) {
  std::vector<std::filesystem::path> files;
  for (const std::string& place : places)
    if (const auto file = file_of_start(place); std::ranges::find(files, file) == files.end())
      files.push_back(file);
  return files;
}

}  // namespace

Json imagine(const ImagineJob& job) {
  io::check_output(job.out, job.replace);
  const torch::Device device = set_up(job);
  const ModelCheckpoint model = load_model(job.model, device);
  std::optional<PolicyCheckpoint> policy;
  std::vector<io::Parent> parents = {{model.provenance.id, "model"}};
  if (!job.policy.empty()) {
    policy = load_policy(job.policy, device);
    parents.push_back({policy->model.provenance.id, "policy"});
    check_interface(interface_of(policy->model, job.policy), interface_of(model, job.model));
    warn_unless_descends(*policy, job.policy, model, job.model);
  }
  const data::Replay replay(job.at.empty() ? job.data : files_of(job.at),
                            replay_options(*model.model));
  check_signature(model.model->signature(), replay.signature(), replay.path(0));
  parents.push_back(data_parent(replay));
  data::Dream dream = make_dream(model, policy ? &*policy : nullptr, replay, job, device);
  if (job.simulate) add_simulated_truth(dream);
  Config config;
  config.model = model.model->config();
  data::write_dream(job.out, dream,
                    io::new_provenance(to_json(config, {"model"}), job.seed, std::move(parents)),
                    job.replace);
  Json line = {{"dream", job.out.string()}};
  line.update(as_printed(summarize(dream)));
  return line;
}

}  // namespace dreamer::run
