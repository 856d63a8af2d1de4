#include "ops/conv_stack.h"

#include "ops/direct_conv_stack.h"
#include "ops/reference.h"
#include "ops/rows.h"

namespace dreamer::ops {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

/// Subpixel form: a transposed convolution of stride 2 gives four images, of the even and odd rows
/// and columns, each a plain convolution of x with every other tap of the kernel: here as one
/// convolution to 4·O channels, and a copy that interleaves the pixels. The kernel must be even.
/// x [N,C,Y,X], weight [C,O,k,k], bias [O] or undefined -> [N,O,rows,columns]; rows and columns
/// beyond the last that the kernel reaches are 0.
Tensor by_subpixels(const Tensor& x, const Tensor& weight, const Tensor& bias,
                    Activation activation, std::int64_t rows, std::int64_t columns) {
  const std::int64_t in = weight.size(0), out = weight.size(1), taps = weight.size(2) / 2;
  // Output row 2·a+p sums tap 2·j+p at input row a−j: [C,O,j,p,i,q] -> [p,q,O | C | j,i].
  const Tensor parts = weight.view({in, out, taps, 2, taps, 2})
                           .flip({2, 4})
                           .permute({3, 5, 1, 0, 2, 4})
                           .reshape({4 * out, in, taps, taps})
                           .contiguous(kChannelsLast);
  const Tensor biases = bias.defined() ? bias.repeat({4}) : Tensor();
  Tensor y = torch::conv2d(x, parts, biases, /*stride=*/1, /*padding=*/taps - 1);
  if (activation == Activation::relu) y.relu_();

  const std::int64_t n = y.size(0), half_y = y.size(2), half_x = y.size(3);
  const Tensor pixels = y.permute({0, 2, 3, 1})
                            .view({n, half_y, half_x, 2, 2, out})
                            .permute({0, 1, 3, 2, 4, 5});  // [N, Y,2, X,2, O]
  const Tensor all = torch::empty({n, rows, columns, out}, y.options());
  all.slice(1, 2 * half_y).zero_();
  all.slice(2, 2 * half_x).zero_();
  all.slice(1, 0, 2 * half_y)
      .slice(2, 0, 2 * half_x)
      .unflatten(2, {half_x, 2})
      .unflatten(1, {half_y, 2})
      .copy_(pixels);
  return all.permute({0, 3, 1, 2});
}

/// Where `by_subpixels` is the faster form of a transposed convolution, as measured with oneDNN on
/// processors with and without AVX-512: with an even kernel, on images so large that the border it
/// computes in vain is small.
bool subpixels_pay(const Tensor& x, const Tensor& weight) {
  return x.is_cpu() && weight.size(2) % 2 == 0 && weight.size(3) == weight.size(2) && x.size(2) > 8;
}

struct Gradients {
  Tensor input, weight;
};

/// LibTorch's own, each if it is wanted.
Gradients plain_gradients(const Tensor& gradient, const Tensor& x, const Tensor& weight,
                          bool transposed, bool want_input, bool want_weight) {
  auto [input, weights, unasked] = torch::convolution_backward(
      gradient, x, weight, /*bias_sizes=*/c10::nullopt, /*stride=*/{2, 2}, /*padding=*/{0, 0},
      /*dilation=*/{1, 1}, transposed, /*output_padding=*/{0, 0}, /*groups=*/1,
      {want_input, want_weight, false});
  return {input, weights};
}

/// The gradient before the activation.
Tensor before(const Tensor& gradient, const Tensor& y, bool relu) {
  const Tensor g = gradient.contiguous(kChannelsLast);
  return relu ? torch::threshold_backward(g, y, 0) : g;
}

/// The sum over all pixels, [N,O,Y,X] -> [O], by rows of the image and not value by value.
Tensor bias_gradient(const Tensor& gradient) {
  const Tensor rows = gradient.permute({0, 2, 3, 1}).flatten(2).flatten(0, 1);  // [N·Y, X·O]
  return rows.sum(0).view({-1, gradient.size(1)}).sum(0);
}

struct Convolution : torch::autograd::Function<Convolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, bool relu) {
    const Tensor input = x.contiguous(kChannelsLast);
    Tensor y = torch::conv2d(input, weight, bias, /*stride=*/2);
    if (relu) y.relu_();
    context->save_for_backward({input, weight, relu ? y : Tensor()});
    context->saved_data["relu"] = relu;
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const Tensor g = before(gradients[0], saved[2], context->saved_data["relu"].toBool());
    const bool subpixels = context->needs_input_grad(0) && subpixels_pay(g, weight);
    auto [input, weights] =
        plain_gradients(g, x, weight, /*transposed=*/false,
                        context->needs_input_grad(0) && !subpixels, context->needs_input_grad(1));
    // Going back a convolution is a transposed one.
    if (subpixels) input = by_subpixels(g, weight, {}, Activation::none, x.size(2), x.size(3));
    return {input, weights, context->needs_input_grad(2) ? bias_gradient(g) : Tensor(), Tensor()};
  }
};

struct TransposedConvolution : torch::autograd::Function<TransposedConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, bool relu) {
    const Tensor input = x.contiguous(kChannelsLast);
    const std::int64_t kernel = weight.size(2);
    Tensor y;
    if (subpixels_pay(input, weight)) {
      y = by_subpixels(input, weight, bias, relu ? Activation::relu : Activation::none,
                       2 * (input.size(2) - 1) + kernel, 2 * (input.size(3) - 1) + kernel);
    } else {
      y = torch::conv_transpose2d(input, weight, bias, /*stride=*/2);
      if (relu) y.relu_();
    }
    context->save_for_backward({input, weight, relu ? y : Tensor()});
    context->saved_data["relu"] = relu;
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor g = before(gradients[0], saved[2], context->saved_data["relu"].toBool());
    const auto [input, weights] =
        plain_gradients(g, saved[0], saved[1], /*transposed=*/true, context->needs_input_grad(0),
                        context->needs_input_grad(1));
    return {input, weights, context->needs_input_grad(2) ? bias_gradient(g) : Tensor(), Tensor()};
  }
};

// All layers in one direct node where they have kernels, else layer by layer, each in its own form.
template <class Plain, class Has, class Direct>
Tensor by_layers(Tensor x, at::TensorList layers, Activation last, const Has& has_kernels,
                 const Direct& direct) {
  if (has_kernels(x, layers)) return direct(x, layers, last);
  for (std::size_t i = 0; i < layers.size(); i += 2) {
    const at::TensorList layer = layers.slice(i, 2);
    const Activation activation = i + 2 < layers.size() ? Activation::relu : last;
    x = has_kernels(x, layer) ? direct(x, layer, activation)
                              : Plain::apply(x, layer[0], layer[1], activation == Activation::relu);
  }
  return x;
}

}  // namespace

Tensor conv2d(const Tensor& x, at::TensorList layers, Activation last) {
  if (kernels() == Kernels::reference) return reference::conv2d(x, layers, last);
  return by_layers<Convolution>(x, layers, last, direct_conv2d_applies, direct_conv2d);
}

Tensor conv_transpose2d(const Tensor& x, at::TensorList layers, Activation last) {
  if (kernels() == Kernels::reference) return reference::conv_transpose2d(x, layers, last);
  return by_layers<TransposedConvolution>(x, layers, last, direct_conv_transpose2d_applies,
                                          direct_conv_transpose2d);
}

}  // namespace dreamer::ops
