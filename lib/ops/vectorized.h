#pragma once

// A function marked so is compiled for several instruction sets; the loader picks the one of this
// machine.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define DREAMER_VECTORIZED \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DREAMER_VECTORIZED
#endif
