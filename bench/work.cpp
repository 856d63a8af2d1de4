#include "work.h"

namespace dreamer::bench {
namespace {

// All of these are multiplications for one row.
double dense(std::int64_t in, std::int64_t out) { return static_cast<double>(in * out); }

// `layers` hidden layers of `units`, then the linear one.
double head(std::int64_t in, std::int64_t units, std::int64_t layers, std::int64_t out) {
  return dense(in, units) + static_cast<double>(layers - 1) * dense(units, units) +
         dense(units, out);
}

// A convolution multiplies at each place of its output, a transposed one at each of its input.
double convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t side) {
  return static_cast<double>(in * out * kernel * kernel * side * side);
}

/// The part of an observation in the model.
struct Coder {
  double encoder, first, decoder;  // `first`: of the encoder, its first layer
  std::int64_t embedding;
};

Coder of_image(const ModelConfig& m, std::int64_t channels) {
  const std::int64_t d = m.depth, f = m.feature();
  const double first = convolution(channels, d, 4, 31);
  return {first + convolution(d, 2 * d, 4, 14) + convolution(2 * d, 4 * d, 4, 6) +
              convolution(4 * d, 8 * d, 4, 2),
          first,
          dense(f, 32 * d) + convolution(32 * d, 4 * d, 5, 1) + convolution(4 * d, 2 * d, 5, 5) +
              convolution(2 * d, d, 6, 13) + convolution(d, channels, 6, 30),
          32 * d};
}

Coder of_vector(const ModelConfig& m, std::int64_t size) {
  return {head(size, m.vector_units, m.vector_layers, m.vector_units), dense(size, m.vector_units),
          head(m.feature(), m.vector_units, m.vector_layers, size), m.vector_units};
}

}  // namespace

Work count_work(const Config& config, std::int64_t starts, const Signature& signature) {
  const Space& observation = signature.observations.at(0);
  const std::int64_t action = signature.action.size();
  const ModelConfig& m = config.model;
  const BehaviorConfig& b = config.behavior;
  const std::int64_t f = m.feature();
  const auto rows = static_cast<double>(config.fit_model.batch * config.fit_model.length);
  const auto steps = static_cast<double>(starts * b.horizon);
  const auto giga = [](double times, double multiplications) {
    return 2e-9 * times * multiplications;
  };

  const auto [encoder, first, decoder, embedding] = observation.kind == SpaceKind::image
                                                        ? of_image(m, observation.shape[2])
                                                        : of_vector(m, observation.size());
  const double advance = dense(m.stoch + action, m.hidden) + dense(m.hidden, 3 * m.deter) +
                         dense(m.deter, 3 * m.deter);
  const double prior = dense(m.deter, m.hidden) + dense(m.hidden, 2 * m.stoch);
  const double posterior = dense(m.deter + embedding, m.hidden) + dense(m.hidden, 2 * m.stoch);
  const double rssm = advance + prior + posterior;
  const double reward = head(f, m.units, m.reward_layers, 1);
  const double discount = m.discount_head ? head(f, m.units, m.discount_layers, 1) : 0;
  const double actor = head(f, b.units, b.actor_layers,
                            signature.action.kind == SpaceKind::discrete ? action : 2 * action);
  const double value = head(f, b.units, b.value_layers, 1);
  const double into_head = dense(f, b.units);  // the product that a cut input saves going back

  // Backward is twice forward, once for the weights and once for the inputs, but for …
  Work work{};
  work.encoder_forward = giga(rows, encoder);
  work.encoder_backward = giga(rows, 2 * encoder - first);  // … what is observed, constants
  work.rssm_forward = giga(rows, rssm);
  work.rssm_backward = giga(rows, 2 * rssm);
  work.decoder_forward = giga(rows, decoder);
  work.decoder_backward = giga(rows, 2 * decoder);
  work.reward_forward = giga(rows, reward + discount);
  work.reward_backward = giga(rows, 2 * (reward + discount));
  work.imagine_forward = giga(steps, actor + advance + prior + reward + discount + value);
  work.actor_backward =                                           // … the frozen model and value,
      giga(steps, advance + prior + reward + discount + value) +  // whose weights need none, and
      giga(steps, 2 * actor - into_head);                         // the actor's cut input
  work.value_backward = giga(steps, 2 * value - into_head);       // … and the value's
  return work;
}

}  // namespace dreamer::bench
