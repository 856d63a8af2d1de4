// Vectors of floats for the kernels of this folder. Included once an instruction set, in a
// namespace of its own (instruction_sets-inl.h), with
//   DREAMER_TARGET  the attribute that makes a function use it,
//   kWidth          floats of its vectors,
//   kAccumulators   vectors that may be held in registers, beside operands.

#undef DREAMER_INLINE
#define DREAMER_INLINE [[gnu::always_inline]] inline DREAMER_TARGET

template <int kFloats>
using Vector [[gnu::vector_size(kFloats * sizeof(float))]] = float;

template <int kFloats>
DREAMER_INLINE Vector<kFloats> load(const float* from) {
  Vector<kFloats> x;
  __builtin_memcpy(&x, from, sizeof x);
  return x;
}
template <int kFloats>
DREAMER_INLINE void store(const Vector<kFloats>& x, float* to) {
  __builtin_memcpy(to, &x, sizeof x);
}
