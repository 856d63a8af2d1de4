#include "learner/policy_handle.h"

#include <mutex>

#include "collect/random_policy.h"
#include "core/error.h"
#include "core/log.h"
#include "core/signals.h"
#include "env/suite.h"
#include "io/checkpoint_header.h"
#include "io/followed_file.h"
#include "learner/learner.h"

namespace dreamer {
namespace {

void check_fits(const io::FileReader& file, const std::string& task, const Space& action,
                std::int64_t action_repeat) {
  const Signature learned = io::read_model_signature(file);
  if (!same_actions(learned.action, action))
    throw error(
        "{}: was learned on {}, where an action is {}; in {} it is {}: wrong --task or --policy?",
        file.path().string(), learned.task, action_text(learned.action), task, action_text(action));
  if (learned.task != task)
    log::warning("{} was learned on {} and acts in {}", file.path().string(), learned.task, task);
  if (learned.frames_per_step != action_repeat)
    log::warning("{} was learned with action repeat {} and acts with {}", file.path().string(),
                 learned.frames_per_step, action_repeat);
}

class FollowedPolicy {
 public:
  FollowedPolicy(const PolicyJob& job, std::string task)
      : job_(job), task_(std::move(task)), file_(job.policy) {}

  std::shared_ptr<const PolicyHandle> now() {
    const std::lock_guard lock(mutex_);
    if (signals::requested() != 0) return nullptr;
    if (!policy_) {
      if (!file_.wait()) return nullptr;
      load();
    } else if (file_.is_new()) {
      try {
        load();
      } catch (const Error& e) {
        log::warning("{}; the policy before it continues to act", e.what());
      }
    }
    return policy_;
  }

 private:
  void load() {
    policy_ = std::make_shared<const PolicyHandle>(policy_handle(job_, task_));
    log::verbose("acting by policy {}", policy_->id);
  }

  PolicyJob job_;
  std::string task_;
  io::FollowedFile file_;
  std::mutex mutex_;
  std::shared_ptr<const PolicyHandle> policy_;
};

}  // namespace

PolicyHandle policy_handle(const PolicyJob& job, const std::string& task) {
  const auto environment = env::make_environment(task, {.render = env::RenderQuality::none});
  const Space& action = environment->signature().action;
  if (job.policy == "random")
    return {[action, action_hold = job.collect.action_hold] {
              return std::make_unique<RandomPolicy>(action, action_hold);
            },
            ""};
  check_fits(io::FileReader(job.policy, "dreamer.policy"), environment->signature().task, action,
             job.collect.action_repeat);
  return learner().policy(job);
}

PolicyProvider followed_policy(const PolicyJob& job, const std::string& task) {
  const auto followed = std::make_shared<FollowedPolicy>(job, task);
  return [followed] { return followed->now(); };
}

}  // namespace dreamer
