#include "agent/agent_policy.h"
#include "run/commands.h"
#include "run/compute.h"

namespace dreamer::run {

PolicyHandle act(const PolicyJob& job) {
  // Environments act side by side, each on its own thread: one thread of arithmetic each.
  PolicyJob on_one_thread = job;
  on_one_thread.threads = 1;
  const torch::Device device = set_up(on_one_thread);
  const auto agent = std::make_shared<const PolicyCheckpoint>(load_policy(job.policy, device));
  const Acting acting{job.mode, job.collect.noise,
                      job.collect.epsilon_at(agent->model.counts.updates)};
  return {[agent, acting, device] { return std::make_unique<AgentPolicy>(*agent, acting, device); },
          agent->model.provenance.id};
}

}  // namespace dreamer::run
