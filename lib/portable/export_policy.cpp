#include "portable/export_policy.h"

#include <cmath>
#include <span>

#include "config/feature_maps.h"
#include "config/stored_config.h"
#include "core/error.h"
#include "io/atomic_file.h"
#include "io/checkpoint_header.h"
#include "io/provenance.h"
#include "portable/graph.h"

// One agent step, as lib/agent/agent_policy.cpp does it: the model's filter, then the actor. It is
// written here a second time, in another language; a test compares the two action by action.

namespace dreamer::portable {
namespace {

using Value = Graph::Value;

/// The group of a part of an observation.
std::string part(const std::string& what, const Space& space) {
  return "/model/" + io::part_name(what, space);
}

class Step {
 public:
  Step(const io::FileReader& file, const Config& config, const Signature& signature)
      : file_(file), m_(config.model), b_(config.behavior), signature_(signature), graph_(file) {}

  [[nodiscard]] std::string serialized() {
    const std::int64_t actions = signature_.action.size();
    std::vector<Value> embeddings;
    for (const Space& space : signature_.observations)
      embeddings.push_back(space.kind == SpaceKind::image ? image(space) : vector(space));
    const Value action = graph_.input("action", {1, actions}),
                stoch = graph_.input("stoch", {1, m_.stoch}),
                deter = graph_.input("deter", {1, m_.deter}),
                noise = graph_.input("state_noise", {1, m_.stoch});
    const Value next_deter = recurrence(stoch, deter, action);
    const auto [mean, stddev] = posterior(next_deter, graph_.concat(embeddings));
    const Value next_stoch = graph_.apply("Add", {mean, graph_.apply("Mul", {stddev, noise})});
    const Value next_action = act(graph_.concat({next_stoch, next_deter}));
    graph_.output(next_action, "next_action", {1, actions});
    graph_.output(next_stoch, "next_stoch", {1, m_.stoch});
    graph_.output(next_deter, "next_deter", {1, m_.deter});
    graph_.describe("task", signature_.task);
    graph_.describe("signature", to_json(signature_).dump());
    graph_.describe("policy", io::read_provenance(file_).id);
    return graph_.serialized();
  }

 private:
  Value image(const Space& space) {
    std::vector<std::int64_t> shape = space.shape;
    shape.insert(shape.begin(), 1);
    const Value levels = graph_.input(space.name, shape, /*bytes=*/true);
    const Value center =
        m_.image_center
            ? graph_.parameter(space.name == "image" ? "/model/mean_image" : part("mean", space),
                               space.shape)
            : graph_.constant(0.5F);
    Value x;
    if (m_.image_encoding == "dithered")  // by the dither's mean
      x = graph_.apply(
          "Div", {graph_.apply("Add", {levels, graph_.constant(0.5F)}), graph_.constant(256)});
    else
      x = graph_.apply("Div", {levels, graph_.constant(255)});
    x = graph_.apply("Mul", {graph_.apply("Sub", {x, center}),
                             graph_.constant(static_cast<float>(m_.image_gain))});
    x = graph_.transpose(x, {0, 3, 1, 2});
    std::int64_t channels = space.shape[2];
    const auto maps = with_context(file_.path().string(), [&] {
      return feature_maps({space.shape[0], space.shape[1], channels}, m_.depth);
    });
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const std::string name = fmt::format("{}/conv{}", part("encoder", space), i + 1);
      x = graph_.convolution(x, name, channels, maps[i].channels);
      channels = maps[i].channels;
    }
    embedding_ += maps.back().size();
    return graph_.apply("Flatten", {x});
  }

  Value vector(const Space& space) {
    std::vector<std::int64_t> shape = space.shape;
    shape.insert(shape.begin(), 1);
    Value x = graph_.apply("Reshape",
                           {graph_.input(space.name, shape), graph_.integers({1, space.size()})});
    if (m_.vector_encoding == "standardized")
      x = graph_.apply(
          "Div", {graph_.apply("Sub", {x, graph_.parameter(part("mean", space), {space.size()})}),
                  graph_.parameter(part("stddev", space), {space.size()})});
    else if (m_.vector_encoding == "symlog")
      x = graph_.apply(
          "Mul",
          {graph_.apply("Sign", {x}),
           graph_.apply("Log",
                        {graph_.apply("Add", {graph_.constant(1), graph_.apply("Abs", {x})})})});
    embedding_ += m_.vector_units;
    return graph_.head(x, part("encoder", space),
                       {space.size(), m_.vector_units, m_.vector_layers, m_.vector_units});
  }

  /// [1,D], before anything is seen.
  Value recurrence(const Value& stoch, const Value& deter, const Value& action) {
    const Value x =
        graph_.apply("Elu", {graph_.dense(graph_.concat({stoch, action}), "/model/rssm/input",
                                          m_.stoch + signature_.action.size(), m_.hidden)});
    const std::string gru = "/model/rssm/gru/";
    const std::vector<std::int64_t> thirds(3, m_.deter);
    const auto of_input = graph_.split(
        graph_.product(x, graph_.parameter(gru + "weight_ih", {3 * m_.deter, m_.hidden}),
                       graph_.parameter(gru + "bias_ih", {3 * m_.deter})),
        thirds);
    return m_.gru == "gru_v1" ? gru_v1(of_input, deter, gru)
                              : gru_torch(of_input, deter, gru, thirds);
  }

  Value gru_torch(const std::vector<Value>& of_input, const Value& deter, const std::string& gru,
                  const std::vector<std::int64_t>& thirds) {
    const auto of_state = graph_.split(
        graph_.product(deter, graph_.parameter(gru + "weight_hh", {3 * m_.deter, m_.deter}),
                       graph_.parameter(gru + "bias_hh", {3 * m_.deter})),
        thirds);
    const Value reset = gate(of_input[0], of_state[0]), update = gate(of_input[1], of_state[1]);
    const Value candidate = graph_.apply(
        "Tanh", {graph_.apply("Add", {of_input[2], graph_.apply("Mul", {reset, of_state[2]})})});
    return mixed(update, deter, candidate);
  }

  /// The reset comes before the product.
  Value gru_v1(const std::vector<Value>& of_input, const Value& deter, const std::string& gru) {
    // Rows of weight_hh [3D,D] by gate.
    const Value weight = graph_.parameter(gru + "weight_hh", {3 * m_.deter, m_.deter});
    const auto rows = [&](std::int64_t first, std::int64_t last) {
      return graph_.apply("Slice", {weight, graph_.integers({first * m_.deter}),
                                    graph_.integers({last * m_.deter}), graph_.integers({0})});
    };
    const Value zero = graph_.constant(0);
    const auto of_state =
        graph_.split(graph_.product(deter, rows(0, 2), zero), {m_.deter, m_.deter});
    const Value reset = gate(of_input[0], of_state[0]), update = gate(of_input[1], of_state[1]);
    const Value candidate = graph_.apply(
        "Tanh",
        {graph_.apply("Add", {of_input[2], graph_.product(graph_.apply("Mul", {reset, deter}),
                                                          rows(2, 3), zero)})});
    return mixed(update, deter, candidate);
  }

  Value gate(const Value& of_input, const Value& of_state) {
    return graph_.apply("Sigmoid", {graph_.apply("Add", {of_input, of_state})});
  }
  /// update · old + (1 − update) · new
  Value mixed(const Value& update, const Value& old_state, const Value& new_state) {
    return graph_.apply(
        "Add",
        {new_state, graph_.apply("Mul", {update, graph_.apply("Sub", {old_state, new_state})})});
  }

  std::pair<Value, Value> posterior(const Value& deter, const Value& embedding) {
    const Value hidden = graph_.apply(
        "Elu", {graph_.dense(graph_.concat({deter, embedding}), "/model/rssm/posterior_hidden",
                             m_.deter + embedding_, m_.hidden)});
    const auto halves =
        graph_.split(graph_.dense(hidden, "/model/rssm/posterior_out", m_.hidden, 2 * m_.stoch),
                     {m_.stoch, m_.stoch});
    return {halves[0], positive(halves[1], 0, m_.min_std)};
  }

  /// softplus(x + shift) + least
  Value positive(const Value& x, double shift, double least) {
    const Value shifted =
        shift == 0 ? x : graph_.apply("Add", {x, graph_.constant(static_cast<float>(shift))});
    return graph_.apply(
        "Add", {graph_.apply("Softplus", {shifted}), graph_.constant(static_cast<float>(least))});
  }

  Value act(const Value& feature) {
    const Space& space = signature_.action;
    const std::int64_t outputs = (space.kind == SpaceKind::discrete ? 1 : 2) * space.size();
    const Value out =
        graph_.head(feature, "/actor", {m_.feature(), b_.units, b_.actor_layers, outputs});
    if (space.kind == SpaceKind::discrete) {
      const std::vector<Value> logits = graph_.split(out, space.groups);
      std::vector<Value> choices;
      for (std::size_t i = 0; i < logits.size(); ++i)
        choices.push_back(graph_.largest(logits[i], space.groups[i]));
      return graph_.concat(choices);
    }
    const auto halves = graph_.split(out, {space.size(), space.size()});
    const Value scale = graph_.constant(static_cast<float>(b_.actor_mean_scale));
    const Value mean = graph_.apply(
        "Mul", {scale, graph_.apply("Tanh", {graph_.apply("Div", {halves[0], scale})})});
    const Value stddev =
        positive(halves[1], std::log(std::expm1(b_.actor_init_std)), b_.actor_min_std);
    const Value noise = graph_.input("action_noise", {1, space.size()});
    return graph_.apply("Tanh",
                        {graph_.apply("Add", {mean, graph_.apply("Mul", {stddev, noise})})});
  }

  const io::FileReader& file_;
  const ModelConfig& m_;
  const BehaviorConfig& b_;
  const Signature& signature_;
  Graph graph_;
  std::int64_t embedding_ = 0;  // values of all observations so far
};

void export_policy(const std::filesystem::path& policy, const std::filesystem::path& out,
                   io::Replace replace) {
  io::check_output(out, replace);
  const io::FileReader file(policy, "dreamer.policy");
  Config config;
  merge_stored(config, io::read_settings(file), fmt::format("{}: its settings", policy.string()));
  const Signature signature = io::read_model_signature(file);
  const std::string model = Step(file, config, signature).serialized();
  io::write_atomically(out, std::as_bytes(std::span(model)), replace);
}

}  // namespace
}  // namespace dreamer::portable

extern "C" dreamer::portable::ExportPolicy* dreamer_export_policy() {
  return &dreamer::portable::export_policy;
}
