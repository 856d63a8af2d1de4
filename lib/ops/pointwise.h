#pragma once

#include <cstdint>
#include <span>

namespace dreamer::ops {

// The parts of a step that are no matrix products, each in one pass over N rows. All matrices are
// row-major, without gaps. Letters: D deterministic, S stochastic, A action.

/// ELU of `count` values, in place.
void elu(std::int64_t count, float* x);
/// gradient times the derivative of the ELU that gave y, in place.
void elu_backward(std::int64_t count, const float* y, float* gradient);

/// What the gates of a GRU are computed from. Gates lie in the order reset, update, new.
struct GruInput {
  const float *from_input, *from_state;  // [N,3D], matrix products
  const float *bias_input, *bias_state;  // [3D]
  const float* state;                    // [N,D]
};
/// next [N,D]; gates [N,4D] stores reset, update, candidate and the state's part of the candidate.
void gru(std::int64_t rows, std::int64_t size, const GruInput& in, float* gates, float* next);
/// d next [N,D] -> d from_input [N,3D], d from_state [N,3D]; d state [N,D] is added to, or null.
void gru_backward(std::int64_t rows, std::int64_t size, const float* gates, const float* state,
                  const float* d_next, float* d_input, float* d_state_products, float* d_state);

/// A diagonal Normal distribution, mean and softplus(s) + min_std, and a sample of it.
struct NormalSample {
  float *mean, *stddev, *std_derivative, *sample;  // [N,S]; std_derivative is d stddev / d s
};
/// out [N,2S] = [mean, s] before their bias [2S]; noise [N,S].
void normal_sample(std::int64_t rows, std::int64_t size, const float* out, const float* bias,
                   float min_std, const float* noise, const NormalSample& result);
/// d sample, d mean, d stddev -> d out [N,2S].
void normal_sample_backward(std::int64_t rows, std::int64_t size, const float* noise,
                            const float* std_derivative, const float* d_sample, const float* d_mean,
                            const float* d_stddev, float* d_out);

/// TanhNormalOptions (distributions.h) in float32.
struct SquashedNormal {
  float mean_scale, shift, min_std;
};
/// A sample of a tanh-transformed Normal, and what its backward pass needs.
struct SquashedSample {
  float *stddev, *action;                   // [N,A]
  float *mean_derivative, *std_derivative;  // [N,A]: d mean / d m, d stddev / d s
  float* log_prob;                          // [N]
};
/// out [N,2A] = [m, s] before their bias [2A]; noise [N,A].
void squashed_sample(std::int64_t rows, std::int64_t size, const SquashedNormal& normal,
                     const float* out, const float* bias, const float* noise,
                     const SquashedSample& result);
/// d action [N,A], d log_prob [N] -> d out [N,2A].
void squashed_sample_backward(std::int64_t rows, std::int64_t size, const SquashedSample& sample,
                              const float* noise, const float* d_action, const float* d_log_prob,
                              float* d_out);

/// Where the logarithms of a uniform value, of Gumbel noise, stay finite.
inline constexpr float kLeastUniform = 1e-20F, kMostUniform = 1 - 6e-8F;

/// A sample of discrete actions, one-hot groups of these sizes side by side (OneHot in
/// distributions.h), and what its backward needs.
struct OneHotSample {
  float *probability, *action;  // [N,A]
  float* negative_entropy;      // [N]
};
/// out [N,A]: the logits before their bias [A]; noise [N,A], uniform in [0,1).
void one_hot_sample(std::int64_t rows, std::span<const std::int64_t> groups, const float* out,
                    const float* bias, const float* noise, const OneHotSample& result);
/// d action [N,A], d negative_entropy [N] -> d out [N,A].
void one_hot_sample_backward(std::int64_t rows, std::span<const std::int64_t> groups,
                             const OneHotSample& sample, const float* d_action,
                             const float* d_negative_entropy, float* d_out);

/// out = (x / 255 − offset) · gain.
void scaled_bytes(std::int64_t count, const std::uint8_t* x, const float* offset, float gain,
                  float* out);
/// Σ (a − b)².
[[nodiscard]] float squared_distance(std::int64_t count, const float* a, const float* b);
/// out = (a − b) · factor.
void scaled_difference(std::int64_t count, const float* a, const float* b, float factor,
                       float* out);

/// AdamStep (adam.h) in float32.
struct AdamCoefficients {
  float clip_scale, beta1, one_minus_beta1, beta2, one_minus_beta2, rate, epsilon;
};
void adam(std::int64_t count, const AdamCoefficients& step, const float* gradient, float* m,
          float* v, float* x);

/// out = 0 where y ≤ 0, else gradient: the gradient before the ReLU that gave y. Where y is NaN it
/// passes, as in PyTorch, so that a NaN is not hidden.
void relu_backward(std::int64_t count, const float* y, const float* gradient, float* out);
/// sum [channels] += the rows of x [rows,channels].
void add_rows(std::int64_t rows, std::int64_t channels, const float* x, float* sum);

}  // namespace dreamer::ops
