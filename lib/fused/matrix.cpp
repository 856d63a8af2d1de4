#include "fused/matrix.h"

// The Fortran interface of the BLAS in LibTorch.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* lda,
                       const float* b, const int* ldb, const float* beta, float* c, const int* ldc);

namespace dreamer::fused {

// Column-major routines compute the transpose: y' = weight · x'.
void dense(std::int64_t rows, std::int64_t in, std::int64_t out, const float* x,
           const float* weight, float beta, float* y) {
  const int m = static_cast<int>(out), n = static_cast<int>(rows), k = static_cast<int>(in);
  const float one = 1;
  sgemm_("T", "N", &m, &n, &k, &one, weight, &k, x, &k, &beta, y, &m);
}

void dense_backward(std::int64_t rows, std::int64_t in, std::int64_t out, const float* dy,
                    const float* weight, float beta, float* dx) {
  const int m = static_cast<int>(in), n = static_cast<int>(rows), k = static_cast<int>(out);
  const float one = 1;
  sgemm_("N", "N", &m, &n, &k, &one, weight, &m, dy, &k, &beta, dx, &m);
}

}  // namespace dreamer::fused
