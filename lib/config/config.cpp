#include "config/config.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/json.h"
#include "core/nearest.h"

namespace dreamer {
namespace {

constexpr double kHuge = 1e6;

Fields model_fields(ModelConfig& c) {
  return {
      {"observations", &c.observations,
       "observations to learn from: names or patterns such as 'position,camera*'; empty: all "
       "images, "
       "or all vectors where there are no images"},
      {"depth", &c.depth,
       "channels of the first convolution; the others have 2, 4, 8 times as many", 1, 512},
      {"stoch", &c.stoch, "size of the stochastic state", 1, 4096},
      {"deter", &c.deter, "size of the deterministic state (GRU)", 1, 8192},
      {"hidden", &c.hidden, "width of the RSSM's dense layers", 1, 8192},
      {"units", &c.units, "width of the reward and discount heads", 1, 8192},
      {"reward_layers", &c.reward_layers, "hidden layers of the reward head", 1, 16},
      {"gru",
       &c.gru,
       "cell: torch resets after the matrix product (as Keras and PyTorch do); gru_v1 before it, "
       "with gate bias 1",
       0,
       0,
       {"torch", "gru_v1"}},
      {"min_std", &c.min_std, "added to the standard deviation of prior and posterior", 0, 10},
      {"image_encoding",
       &c.image_encoding,
       "scaled: x/255 - 0.5; dithered: x/256 + U(0,1/256) - 0.5",
       0,
       0,
       {"scaled", "dithered"}},
      {"image_center", &c.image_center, "subtract the mean frame of the data instead of 0.5"},
      {"image_gain", &c.image_gain, "images are multiplied by this after centring", 1e-3, 1e3},
      {"image_scale", &c.image_scale, "weight of the image loss", 0, kHuge},
      {"vector_units", &c.vector_units, "width of the encoder and decoder of a vector", 1, 8192},
      {"vector_layers", &c.vector_layers, "their hidden layers", 1, 16},
      {"vector_encoding",
       &c.vector_encoding,
       "standardized: by mean and standard deviation in the data that the model was made with; "
       "symlog: sign(x) ln(1+|x|); raw: as it is",
       0,
       0,
       {"standardized", "symlog", "raw"}},
      {"vector_scale", &c.vector_scale, "weight of the loss of each vector", 0, kHuge},
      {"reward_head", &c.reward_head,
       "predict the reward; false: for data without rewards, which no behavior can be learned "
       "from"},
      {"reward_transform",
       &c.reward_transform,
       "what is done to rewards as they are read",
       0,
       0,
       {"none", "tanh"}},
      {"reward_scale", &c.reward_scale, "weight of the reward loss", 0, kHuge},
      {"kl_scale", &c.kl_scale, "weight of KL(posterior || prior)", 0, kHuge},
      {"kl_balance", &c.kl_balance,
       "share of the KL's gradient that trains the prior toward the posterior, the rest trains the "
       "posterior toward the prior; 0.5: both alike, 0.8 in DreamerV2",
       0, 1},
      {"free_nats", &c.free_nats, "KL below this many nats costs nothing", 0, kHuge},
      {"free_nats_mode",
       &c.free_nats_mode,
       "mean: max(mean KL, free); per_state: mean of max(KL - free, 0)",
       0,
       0,
       {"mean", "per_state"}},
      {"discount_head", &c.discount_head, "predict the discount (tasks that end)"},
      {"discount_layers", &c.discount_layers, "hidden layers of the discount head", 1, 16},
      {"discount_target",
       &c.discount_target,
       "discounted: the head learns discount_gamma times the logged discount, as in the paper; "
       "continue: it learns the logged discount, and its prediction is multiplied by "
       "discount_gamma, which it can then not exceed",
       0,
       0,
       {"discounted", "continue"}},
      {"discount_gamma", &c.discount_gamma, "the discount of a step that does not end the episode",
       0, 1},
      {"discount_scale", &c.discount_scale, "weight of the discount loss", 0, kHuge},
      {"ensemble", &c.ensemble,
       "one-step predictors whose disagreement tells where the model does not know: see "
       "behavior.disagreement_scale; 0: none",
       0, 64},
      {"ensemble_layers", &c.ensemble_layers, "hidden layers of each of them", 1, 16},
  };
}

Fields fit_model_fields(FitModelConfig& c) {
  return {
      {"batch", &c.batch, "sequences in a batch", 1, 65536},
      {"length", &c.length, "rows in a sequence; shorter episodes are padded and masked", 2, 65536},
      {"learning_rate", &c.learning_rate, "Adam's step size", 0, 1},
      {"beta1", &c.beta1, "Adam's decay of the first moment", 0, 0.999999},
      {"beta2", &c.beta2, "Adam's decay of the second moment", 0, 0.999999},
      {"epsilon", &c.epsilon, "Adam's epsilon, beside the uncorrected second moment", 0, 1},
      {"clip", &c.clip, "largest norm of the whole gradient", 0, 1e9},
  };
}

Fields behavior_fields(BehaviorConfig& c) {
  return {
      {"batch", &c.batch, "sequences in a batch", 1, 65536},
      {"length", &c.length, "rows in a sequence", 2, 65536},
      {"imagination_starts", &c.imagination_starts,
       "posterior states of a batch that imagination starts from; 0: all of them", 0, 1e9},
      {"drop_last_start", &c.drop_last_start,
       "imagination does not start from the last row of a sequence, which may be an episode's end"},
      {"horizon", &c.horizon, "imagined steps", 2, 4096},
      {"gamma", &c.gamma, "discount where the model has no discount head", 0, 1},
      {"lambda", &c.lambda, "weight of longer returns in the lambda-return", 0, 1},
      {"value_target_rate", &c.value_target_rate,
       "how far a slow copy of the value moves toward the value in an update; returns are "
       "bootstrapped from the copy; 1: from the value itself, 0.02 in DreamerV3",
       1e-6, 1},
      {"return_scale",
       &c.return_scale,
       "what the actor's returns are divided by; percentiles: the running range between their 5th "
       "and 95th percentile, where it is above 1 (DreamerV3)",
       0,
       0,
       {"none", "percentiles"}},
      {"units", &c.units, "width of actor and value", 1, 8192},
      {"actor_layers", &c.actor_layers, "hidden layers of the actor", 1, 16},
      {"value_layers", &c.value_layers, "hidden layers of the value", 1, 16},
      {"actor_mean_scale", &c.actor_mean_scale, "the mean before the tanh stays within this", 1e-3,
       1e3},
      {"actor_init_std", &c.actor_init_std, "standard deviation before the tanh of a new actor",
       1e-3, 100},
      {"actor_min_std", &c.actor_min_std, "added to the standard deviation", 0, 10},
      {"entropy_scale", &c.entropy_scale, "weight of the policy's entropy in the actor loss", 0,
       kHuge},
      {"disagreement_scale", &c.disagreement_scale,
       "weight of the ensemble's disagreement, which is taken off the imagined reward: pessimism "
       "where logged data end; needs model.ensemble of 2 and more",
       0, kHuge},
      {"actor_delay", &c.actor_delay, "updates of a new policy in which only the value learns", 0,
       1e9},
      {"actor_learning_rate", &c.actor_learning_rate, "Adam's step size for the actor", 0, 1},
      {"value_learning_rate", &c.value_learning_rate, "Adam's step size for the value", 0, 1},
      {"beta1", &c.beta1, "Adam's decay of the first moment", 0, 0.999999},
      {"actor_beta2", &c.actor_beta2, "Adam's decay of the second moment, actor", 0, 0.999999},
      {"value_beta2", &c.value_beta2, "Adam's decay of the second moment, value", 0, 0.999999},
      {"epsilon", &c.epsilon, "Adam's epsilon, beside the uncorrected second moment", 0, 1},
      {"clip", &c.clip, "largest norm of the gradient, actor and value each", 0, 1e9},
      {"mode_samples", &c.mode_samples,
       "the mode of the policy is the likeliest of this many samples", 1, 65536},
  };
}

Fields collect_fields(CollectConfig& c) {
  return {
      {"action_repeat", &c.action_repeat, "control steps in which an action is held", 1, 1000},
      {"time_limit", &c.time_limit,
       "frames of an episode that is collected, 0: the task's own; evaluations last the task's", 0,
       1e9},
      {"noise", &c.noise, "standard deviation of the exploration noise added to sampled actions", 0,
       10},
      {"epsilon", &c.epsilon, "how often a discrete action is a random one, at first", 0, 1},
      {"epsilon_end", &c.epsilon_end, "the same after collect.epsilon_updates", 0, 1},
      {"epsilon_updates", &c.epsilon_updates,
       "updates of the policy over which epsilon changes, linearly", 0, 1e12},
      {"action_hold",
       &c.action_hold,
       "the random policy holds an action for 1 to this many steps",
       1,
       1000,
       {},
       "random_hold"},
      {"answer_seconds", &c.answer_seconds,
       "seconds that an environment in a program of its own may take for a reset or a step", 1e-3,
       1e6},
  };
}

Fields train_fields(TrainConfig& c) {
  return {
      {"prefill", &c.prefill, "episodes of random actions before anything is learned", 1, 1e6},
      {"pretrain", &c.pretrain, "updates between the prefill and the first round", 0, 1e9},
      {"updates", &c.updates, "updates of model and behavior in a round", 1, 1e9},
      {"episodes", &c.episodes, "episodes that the policy acts in a round", 1, 1e6},
      {"evaluate_every", &c.evaluate_every, "rounds between evaluations by the policy's mode", 1,
       1e9},
      {"evaluate_episodes", &c.evaluate_episodes, "episodes of an evaluation", 1, 1e6},
  };
}

std::string without_leading_zeros(const std::string& text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  std::size_t first = sign;
  while (first + 1 < text.size() && text[first] == '0' && std::isdigit(text[first + 1]) != 0)
    ++first;
  return text.substr(0, sign) + text.substr(first);
}

std::vector<std::string> field_names(const Section& section) {
  std::vector<std::string> names;
  for (const Field& field : section.fields) names.push_back(field.name);
  return names;
}

const Section& find_section(const std::vector<Section>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Section::name);
  if (found == all.end())
    throw usage_error("unknown section {} in the configuration{} (sections: {})", name,
                      did_you_mean(name, section_names()), fmt::join(section_names(), ", "));
  return *found;
}

const Field& find_field(const Section& section, const std::string& name) {
  const auto found = std::ranges::find_if(section.fields, [&](const Field& field) {
    return field.name == name || (!field.older.empty() && field.older == name);
  });
  if (found != section.fields.end()) return *found;
  const std::string near = nearest(name, field_names(section));
  throw usage_error("unknown setting {}.{}{}", section.name, name,
                    near.empty() ? "; --print-config shows all"
                                 : fmt::format(", did you mean {}.{}?", section.name, near));
}

}  // namespace

std::vector<Section> sections(Config& config) {
  return {{"model", "the world model: sizes and loss", model_fields(config.model)},
          {"fit_model", "how the world model is fitted", fit_model_fields(config.fit_model)},
          {"behavior", "actor and value, learned in imagination", behavior_fields(config.behavior)},
          {"collect", "how experience is gathered", collect_fields(config.collect)},
          {"train", "how acting and learning alternate", train_fields(config.train)}};
}

std::vector<std::string> section_names() {
  Config config;
  std::vector<std::string> names;
  for (const Section& section : sections(config)) names.push_back(section.name);
  return names;
}

Json to_json(const Config& config, const std::vector<std::string>& names) {
  Config copy = config;
  Json json = Json::object();
  for (const Section& section : sections(copy)) {
    if (!names.empty() && std::ranges::find(names, section.name) == names.end()) continue;
    for (const Field& field : section.fields) json[section.name][field.name] = field.json();
  }
  return json;
}

void merge(Config& config, const Json& json) {
  if (!json.is_object()) throw usage_error("a configuration is a JSON object of sections");
  const auto all = sections(config);
  for (const auto& [name, settings] : json.items()) {
    const Section& section = find_section(all, name);
    if (!settings.is_object()) throw usage_error("section {} must be a JSON object", name);
    for (const auto& [key, value] : settings.items())
      find_field(section, key).assign(value, name + "." + key);
  }
}

void set(Config& config, const std::string& assignment, const std::vector<std::string>& allowed) {
  const auto equals = assignment.find('=');
  const auto dot = assignment.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot > equals)
    throw usage_error("--set {}: must be section.key=value, such as model.depth=8", assignment);
  const std::string name = assignment.substr(0, dot);
  const std::string key = assignment.substr(dot + 1, equals - dot - 1);
  const std::string text = assignment.substr(equals + 1);
  const auto all = sections(config);
  const Field& field = find_field(find_section(all, name), key);
  if (std::ranges::find(allowed, name) == allowed.end())
    throw usage_error("--set {}: this program has no use for the section {} (it uses: {})",
                      assignment, name, fmt::join(allowed, ", "));
  // Text needs no quotes: what is not JSON is a string. JSON has no zeros in front of numbers; ours
  // may have them, in options and file names alike.
  Json value = try_parse_json(without_leading_zeros(text)).value_or(text);
  if (std::holds_alternative<std::string*>(field.value)) value = text;
  field.assign(value, name + "." + key);
}

Json config_schema() {
  Config config;
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Configuration of the dreamer programs"},
                 {"type", "object"},
                 {"additionalProperties", false}};
  for (const Section& section : sections(config)) {
    Json object = {
        {"type", "object"}, {"description", section.doc}, {"additionalProperties", false}};
    for (const Field& field : section.fields) object["properties"][field.name] = field.schema();
    schema["properties"][section.name] = object;
  }
  return schema;
}

}  // namespace dreamer
