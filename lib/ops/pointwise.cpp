#include "ops/pointwise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/vector_math.h"
#include "ops/vectorized.h"

namespace dreamer::ops {

DREAMER_VECTORIZED
void elu(std::int64_t count, float* x) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = elu(x[i]);
}

DREAMER_VECTORIZED
void elu_backward(std::int64_t count, const float* __restrict y, float* __restrict gradient) {
  for (std::int64_t i = 0; i < count; ++i) gradient[i] *= elu_derivative(y[i]);
}

DREAMER_VECTORIZED
void gru(std::int64_t rows, std::int64_t size, const GruInput& in, float* all_gates,
         float* all_next) {
  const float* __restrict bi = in.bias_input;
  const float* __restrict bs = in.bias_state;
  for (std::int64_t n = 0; n < rows; ++n) {
    const float* __restrict x = in.from_input + n * 3 * size;
    const float* __restrict h = in.from_state + n * 3 * size;
    const float* __restrict state = in.state + n * size;
    float* __restrict gates = all_gates + n * 4 * size;
    float* __restrict next = all_next + n * size;
#pragma GCC ivdep
    for (std::int64_t j = 0; j < size; ++j) {
      const std::int64_t u = size + j, f = 2 * size + j;
      const float reset = sigmoid(x[j] + bi[j] + h[j] + bs[j]);
      const float update = sigmoid(x[u] + bi[u] + h[u] + bs[u]);
      const float recurrent = h[f] + bs[f];
      const float candidate = hyperbolic_tangent(x[f] + bi[f] + reset * recurrent);
      gates[j] = reset;
      gates[u] = update;
      gates[f] = candidate;
      gates[3 * size + j] = recurrent;
      next[j] = candidate + update * (state[j] - candidate);
    }
  }
}

DREAMER_VECTORIZED
void gru_backward(std::int64_t rows, std::int64_t size, const float* all_gates,
                  const float* all_state, const float* all_d_next, float* all_d_input,
                  float* all_d_state_products, float* all_d_state) {
  for (std::int64_t n = 0; n < rows; ++n) {
    const float* __restrict gates = all_gates + n * 4 * size;
    const float* __restrict state = all_state + n * size;
    const float* __restrict d_next = all_d_next + n * size;
    float* __restrict d_input = all_d_input + n * 3 * size;
    float* __restrict d_products = all_d_state_products + n * 3 * size;
#pragma GCC ivdep
    for (std::int64_t j = 0; j < size; ++j) {
      const std::int64_t u = size + j, f = 2 * size + j;
      const float reset = gates[j], update = gates[u], candidate = gates[f];
      const float d_candidate = d_next[j] * (1.0F - update) * (1.0F - candidate * candidate);
      const float d_update = d_next[j] * (state[j] - candidate) * update * (1.0F - update);
      const float d_reset = d_candidate * gates[3 * size + j] * reset * (1.0F - reset);
      d_input[j] = d_products[j] = d_reset;
      d_input[u] = d_products[u] = d_update;
      d_input[f] = d_candidate;
      d_products[f] = d_candidate * reset;
    }
    if (all_d_state == nullptr) continue;
    float* __restrict d_state = all_d_state + n * size;
#pragma GCC ivdep
    for (std::int64_t j = 0; j < size; ++j) d_state[j] += d_next[j] * gates[size + j];
  }
}

DREAMER_VECTORIZED
void normal_sample(std::int64_t rows, std::int64_t size, const float* all_out,
                   const float* all_bias, float min_std, const float* all_noise,
                   const NormalSample& result) {
  const float* __restrict bias = all_bias;
  for (std::int64_t n = 0; n < rows; ++n) {
    const float* __restrict out = all_out + n * 2 * size;
    const float* __restrict noise = all_noise + n * size;
    float* __restrict mean = result.mean + n * size;
    float* __restrict stddev = result.stddev + n * size;
    float* __restrict std_derivative = result.std_derivative + n * size;
    float* __restrict sample = result.sample + n * size;
#pragma GCC ivdep
    for (std::int64_t k = 0; k < size; ++k) {
      const float raw = out[size + k] + bias[size + k];
      mean[k] = out[k] + bias[k];
      stddev[k] = softplus(raw) + min_std;
      std_derivative[k] = sigmoid(raw);
      sample[k] = mean[k] + stddev[k] * noise[k];
    }
  }
}

DREAMER_VECTORIZED
void normal_sample_backward(std::int64_t rows, std::int64_t size, const float* all_noise,
                            const float* all_std_derivative, const float* all_d_sample,
                            const float* all_d_mean, const float* all_d_stddev, float* all_d_out) {
  for (std::int64_t n = 0; n < rows; ++n) {
    const float* __restrict noise = all_noise + n * size;
    const float* __restrict std_derivative = all_std_derivative + n * size;
    const float* __restrict d_sample = all_d_sample + n * size;
    const float* __restrict d_mean = all_d_mean + n * size;
    const float* __restrict d_stddev = all_d_stddev + n * size;
    float* __restrict d_out = all_d_out + n * 2 * size;
#pragma GCC ivdep
    for (std::int64_t k = 0; k < size; ++k) {
      d_out[k] = d_mean[k] + d_sample[k];
      d_out[size + k] = (d_stddev[k] + d_sample[k] * noise[k]) * std_derivative[k];
    }
  }
}

namespace {

// The sample element by element: `mean` and `shifted` before tanh and softplus; log_prob is each
// element's term of its row's sum.
DREAMER_VECTORIZED
void squash(std::int64_t count, const SquashedNormal& normal, const float* __restrict mean,
            const float* __restrict shifted, const float* __restrict noise,
            const SquashedSample& result, float* __restrict log_prob) {
  constexpr float kHalfLogTwoPi = 0.918938533F, kLogTwo = 0.693147181F;
  float* __restrict stddevs = result.stddev;
  float* __restrict actions = result.action;
  float* __restrict mean_derivatives = result.mean_derivative;
  float* __restrict std_derivatives = result.std_derivative;
  for (std::int64_t i = 0; i < count; ++i) {
    const float squeezed = hyperbolic_tangent(mean[i] / normal.mean_scale);
    const float stddev = softplus(shifted[i]) + normal.min_std;
    const float raw = normal.mean_scale * squeezed + stddev * noise[i];
    mean_derivatives[i] = 1.0F - squeezed * squeezed;
    std_derivatives[i] = sigmoid(shifted[i]);
    stddevs[i] = stddev;
    actions[i] = hyperbolic_tangent(raw);
    // ln(1 − tanh²x), in the form that stays finite where tanh rounds to 1.
    const float log_derivative = 2.0F * (kLogTwo - raw - softplus(-2.0F * raw));
    log_prob[i] = -0.5F * noise[i] * noise[i] - logarithm(stddev) - kHalfLogTwoPi - log_derivative;
  }
}

}  // namespace

void squashed_sample(std::int64_t rows, std::int64_t size, const SquashedNormal& normal,
                     const float* out, const float* bias, const float* noise,
                     const SquashedSample& result) {
  // Rows are short: their elements are gathered into contiguous memory first.
  const auto count = static_cast<std::size_t>(rows * size);
  thread_local std::vector<float> mean, shifted, log_prob;  // sample from call to call
  for (auto* values : {&mean, &shifted, &log_prob})
    if (values->size() < count) values->resize(count);
  for (std::int64_t n = 0, i = 0; n < rows; ++n, out += 2 * size)
    for (std::int64_t k = 0; k < size; ++k, ++i) {
      mean[i] = out[k] + bias[k];
      shifted[i] = out[size + k] + bias[size + k] + normal.shift;
    }
  squash(rows * size, normal, mean.data(), shifted.data(), noise, result, log_prob.data());
  for (std::int64_t n = 0, i = 0; n < rows; ++n) {
    float sum = 0;
    for (std::int64_t k = 0; k < size; ++k, ++i) sum += log_prob[i];
    result.log_prob[n] = sum;
  }
}

DREAMER_VECTORIZED
void squashed_sample_backward(std::int64_t rows, std::int64_t size, const SquashedSample& sample,
                              const float* noise, const float* d_action, const float* d_log_prob,
                              float* d_out) {
  for (std::int64_t n = 0; n < rows; ++n)
#pragma GCC ivdep
    for (std::int64_t k = 0; k < size; ++k) {
      const std::int64_t i = n * size + k, m = n * 2 * size + k;
      const float action = sample.action[i];
      // With the noise given, ln p depends on the sample through the tanh's derivative alone.
      const float d_raw = d_action[i] * (1.0F - action * action) + d_log_prob[n] * 2.0F * action;
      const float d_stddev = d_raw * noise[i] - d_log_prob[n] / sample.stddev[i];
      d_out[m] = d_raw * sample.mean_derivative[i];
      d_out[m + size] = d_stddev * sample.std_derivative[i];
    }
}

namespace {

// One group of one row: x are its logits, which become probabilities. The negative entropy.
float choose(std::int64_t size, const float* noise, float* x, float* action) {
  float largest = x[0], best = -std::numeric_limits<float>::infinity();
  std::int64_t chosen = 0;
  for (std::int64_t k = 0; k < size; ++k) {
    largest = std::max(largest, x[k]);
    const float u = std::clamp(noise[k], kLeastUniform, kMostUniform);
    if (const float value = x[k] - std::log(-std::log(u)); value > best) {
      best = value;
      chosen = k;
    }
  }
  float sum = 0;
  for (std::int64_t k = 0; k < size; ++k) sum += std::exp(x[k] - largest);
  const float log_sum = std::log(sum) + largest;
  float negative_entropy = 0;
  for (std::int64_t k = 0; k < size; ++k) {
    const float log_p = x[k] - log_sum;
    x[k] = std::exp(log_p);
    negative_entropy += x[k] * log_p;
    action[k] = k == chosen ? 1.0F : 0.0F;
  }
  return negative_entropy;
}

// p ln p is 0 where p is.
float log_of(float p) { return std::log(std::max(p, std::numeric_limits<float>::min())); }

void choose_backward(std::int64_t size, const float* p, const float* d_action,
                     float d_negative_entropy, float* d_out) {
  float mean = 0, negative_entropy = 0;
  for (std::int64_t k = 0; k < size; ++k) {
    mean += p[k] * d_action[k];
    negative_entropy += p[k] * log_of(p[k]);
  }
  for (std::int64_t k = 0; k < size; ++k)
    d_out[k] = p[k] * (d_action[k] - mean + d_negative_entropy * (log_of(p[k]) - negative_entropy));
}

}  // namespace

void one_hot_sample(std::int64_t rows, std::span<const std::int64_t> groups, const float* out,
                    const float* bias, const float* noise, const OneHotSample& result) {
  std::int64_t i = 0;
  for (std::int64_t n = 0; n < rows; ++n) {
    result.negative_entropy[n] = 0;
    for (std::int64_t k = 0; const std::int64_t size : groups) {
      for (const std::int64_t end = k + size; k < end; ++k, ++i)
        result.probability[i] = out[i] + bias[k];
      const std::int64_t first = i - size;
      result.negative_entropy[n] +=
          choose(size, noise + first, result.probability + first, result.action + first);
    }
  }
}

void one_hot_sample_backward(std::int64_t rows, std::span<const std::int64_t> groups,
                             const OneHotSample& sample, const float* d_action,
                             const float* d_negative_entropy, float* d_out) {
  std::int64_t first = 0;
  for (std::int64_t n = 0; n < rows; ++n)
    for (const std::int64_t size : groups) {
      choose_backward(size, sample.probability + first, d_action + first, d_negative_entropy[n],
                      d_out + first);
      first += size;
    }
}

DREAMER_VECTORIZED
void scaled_bytes(std::int64_t count, const std::uint8_t* __restrict x,
                  const float* __restrict offset, float gain, float* __restrict out) {
  for (std::int64_t i = 0; i < count; ++i)
    out[i] = (static_cast<float>(x[i]) / 255.0F - offset[i]) * gain;
}

DREAMER_VECTORIZED
float squared_distance(std::int64_t count, const float* __restrict a, const float* __restrict b) {
  constexpr std::int64_t kSums = 64;  // side by side, so that none waits for the one before
  std::array<float, kSums> sums{};
  std::int64_t i = 0;
  for (; i + kSums <= count; i += kSums)
    for (std::int64_t k = 0; k < kSums; ++k) {
      const float d = a[i + k] - b[i + k];
      sums[k] += d * d;
    }
  float sum = 0;
  for (; i < count; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  for (const float part : sums) sum += part;
  return sum;
}

DREAMER_VECTORIZED
void scaled_difference(std::int64_t count, const float* __restrict a, const float* __restrict b,
                       float factor, float* __restrict out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = (a[i] - b[i]) * factor;
}

DREAMER_VECTORIZED
void adam(std::int64_t count, const AdamCoefficients& step, const float* __restrict gradient,
          float* __restrict m, float* __restrict v, float* __restrict x) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * step.clip_scale;
    m[i] = m[i] * step.beta1 + g * step.one_minus_beta1;
    v[i] = v[i] * step.beta2 + g * g * step.one_minus_beta2;
    x[i] -= step.rate * (m[i] / (std::sqrt(v[i]) + step.epsilon));
  }
}

DREAMER_VECTORIZED
void relu_backward(std::int64_t count, const float* __restrict y, const float* __restrict gradient,
                   float* __restrict out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = y[i] <= 0 ? 0 : gradient[i];
}

DREAMER_VECTORIZED
void add_rows(std::int64_t rows, std::int64_t channels, const float* x, float* sum) {
  // Short rows are added sixteen side by side.
  constexpr std::int64_t kRows = 16, kMost = 64;
  if (channels <= kMost) {
    std::array<float, kRows * kMost> sums{};
    const std::int64_t block = kRows * channels;
    for (; rows >= kRows; rows -= kRows, x += block)
      for (std::int64_t i = 0; i < block; ++i) sums[i] += x[i];
    for (std::int64_t r = 0; r < kRows; ++r)
      for (std::int64_t c = 0; c < channels; ++c) sum[c] += sums[r * channels + c];
  }
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; ++c) sum[c] += x[c];
}

}  // namespace dreamer::ops
