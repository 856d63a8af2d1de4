#include "stages/acting.h"

#include "collect/random_policy.h"
#include "core/error.h"
#include "core/log.h"
#include "env/environment.h"
#include "io/provenance.h"
#include "stages/stages.h"

namespace dreamer {
namespace {

void check_fits(const io::FileReader& file, const std::string& task, std::int64_t size,
                std::int64_t action_repeat) {
  const auto learned_on = file.attribute("/model", "task").get<std::string>();
  const auto learned_size = file.attribute("/model", "action_size").get<std::int64_t>();
  const auto learned_repeat = file.attribute("/model", "action_repeat").get<std::int64_t>();
  if (learned_size != size)
    throw error(
        "{}: was learned on {}, which takes {} numbers as an action; {} takes {}: wrong "
        "--task or --policy?",
        file.path().string(), learned_on, learned_size, task, size);
  if (learned_on != task)
    log::warning("{} was learned on {} and acts in {}", file.path().string(), learned_on, task);
  if (learned_repeat != action_repeat)
    log::warning("{} was learned with action repeat {} and acts with {}", file.path().string(),
                 learned_repeat, action_repeat);
}

}  // namespace

Acting acting_policy(const PolicyJob& job, const std::string& task, std::int64_t action_repeat,
                     std::int64_t random_hold) {
  const env::Environment environment(task, 0, {.render = env::RenderQuality::none});
  const std::int64_t size = environment.action_size();
  if (job.policy == "random")
    return {[size, random_hold] { return std::make_unique<RandomPolicy>(size, random_hold); }, ""};
  const io::FileReader file(job.policy, "dreamer.policy");
  check_fits(file, environment.info().name, size, action_repeat);
  return {stages().policy(job), io::read_provenance(file).id};
}

}  // namespace dreamer
