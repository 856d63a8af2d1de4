#include "ops/matrix.h"

#include "ops_fixture.h"

namespace dreamer::ops {
namespace {

using torch::Tensor;

struct Sizes {
  std::int64_t rows, columns, inner;

  friend void PrintTo(const Sizes& s, std::ostream* out) {
    *out << s.rows << 'x' << s.inner << 'x' << s.columns;
  }
};
// Blocks and panels of every kernel, whole ones and what is left over.
const std::vector<Sizes> kSizes = {{1, 1, 1},   {3, 5, 2},     {12, 32, 7},    {13, 33, 40},
                                   {25, 17, 9}, {200, 40, 20}, {130, 129, 600}};

float* data(const Tensor& x) { return x.data_ptr<float>(); }

void expect_product(const Tensor& ours, const Tensor& a, const Tensor& b, const Tensor& start) {
  const Tensor exact = start.to(torch::kFloat64) + a.to(torch::kFloat64).mm(b.to(torch::kFloat64));
  const double error = (ours - exact).abs().max().item<double>();
  EXPECT_LE(error, 1e-6 * exact.abs().max().item<double>() * std::sqrt(a.size(1)));
}

class Products : public testing::TestWithParam<Sizes> {
 protected:
  void SetUp() override { torch::manual_seed(1); }
  const std::int64_t rows = GetParam().rows, columns = GetParam().columns, inner = GetParam().inner;
};
INSTANTIATE_TEST_SUITE_P(Sizes, Products, testing::ValuesIn(kSizes));

TEST_P(Products, OfMatricesAndTheirTransposes) {
  for (const Transpose ta : {Transpose::no, Transpose::yes})
    for (const Transpose tb : {Transpose::no, Transpose::yes})
      for (const Accumulate& mode : {Accumulate::overwrite(), Accumulate::add()}) {
        const Tensor a = torch::randn({rows, inner}), b = torch::randn({inner, columns});
        const Tensor a_lies = (ta == Transpose::yes ? a.t() : a).contiguous(),
                     b_lies = (tb == Transpose::yes ? b.t() : b).contiguous();
        const Tensor out = torch::randn({rows, columns});
        const bool adds = mode.addend(data(out), columns, 0, 0).data != nullptr;
        const Tensor before = adds ? out.clone() : torch::zeros_like(out);
        gemm(ta, tb, rows, columns, inner, data(a_lies), data(b_lies), mode, data(out));
        expect_product(out, a, b, before);
      }
}

TEST_P(Products, WithAPackedWeightAndABias) {
  const Tensor x = torch::randn({rows, inner}), weight = torch::randn({columns, inner}),
               bias = torch::randn({columns}), y = torch::empty({rows, columns});
  multiply(rows, data(x), packed_layer(weight), Accumulate::bias(bias), data(y));
  expect_product(y, x, weight.t(), bias.expand_as(y));

  const Tensor dx = torch::empty({rows, inner});
  multiply(rows, data(y), packed_back(weight), Accumulate::overwrite(), data(dx));
  expect_product(dx, y, weight, torch::zeros_like(dx));
}

TEST_P(Products, WithEveryKernelOfThisMachine) {
  for (const MatrixKernel* kernel : matrix_kernels()) {
    const std::int64_t width = std::min(columns, kernel->panel);
    const Tensor a = torch::randn({rows, inner}), b = torch::randn({inner, width});
    const Tensor panel = torch::constant_pad_nd(b, {0, kernel->panel - width}).contiguous();
    const Tensor all = torch::full({rows, width + 2}, 7.0F);  // with a border that stays
    kernel->product(rows, {data(a), inner, 1}, data(panel), inner, {},
                    {data(all), width + 2, width});
    expect_product(all.slice(1, 0, width), a, b, torch::zeros({rows, width}));
    EXPECT_TRUE(all.slice(1, width).eq(7).all().item<bool>());
  }
}

}  // namespace
}  // namespace dreamer::ops
