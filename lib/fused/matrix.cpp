#include "fused/matrix.h"

// The Fortran interface of the BLAS in LibTorch.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* lda,
                       const float* b, const int* ldb, const float* beta, float* c, const int* ldc);

namespace dreamer::fused {

void gemm(Transpose ta, Transpose tb, std::int64_t rows, std::int64_t columns, std::int64_t inner,
          const float* a, const float* b, float beta, float* out) {
  // Column-major routines compute the transpose: out' = b'·a'.
  const auto m = static_cast<int>(columns), n = static_cast<int>(rows), k = static_cast<int>(inner);
  const float one = 1;
  sgemm_(tb == Transpose::yes ? "T" : "N", ta == Transpose::yes ? "T" : "N", &m, &n, &k, &one, b,
         tb == Transpose::yes ? &k : &m, a, ta == Transpose::yes ? &n : &k, &beta, out, &m);
}

}  // namespace dreamer::fused
