#include "agent/agent_policy.h"
#include "run/commands.h"
#include "run/compute.h"

namespace dreamer::run {

PolicyHandle act(const PolicyJob& job) {
  // Environments act side by side, each on its own thread: one thread of arithmetic each.
  PolicyJob acting = job;
  acting.threads = 1;
  const torch::Device device = set_up(acting);
  const auto agent = std::make_shared<const PolicyCheckpoint>(load_policy(job.policy, device));
  acting.epsilon = job.exploration.epsilon_at(agent->model.counts.updates);
  return {[agent, acting, device] { return std::make_unique<AgentPolicy>(*agent, acting, device); },
          agent->model.provenance.id};
}

}  // namespace dreamer::run
