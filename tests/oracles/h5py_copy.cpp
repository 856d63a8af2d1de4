// Reads an episode or a dream whole and writes it again: h5py_copy IN OUT. The oracle beside it
// makes IN with h5py and looks at OUT with h5py.

#include <cstdio>
#include <exception>

#include "data/dream.h"
#include "data/episode.h"

int main(int argc, char** argv) {
  using namespace dreamer;
  if (argc != 3) return 2;
  try {
    const auto provenance = io::new_provenance({{"oracle", "h5py"}}, 1, {});
    if (io::FileReader(argv[1]).format() == "dreamer.dream")
      data::write_dream(argv[2], data::read_dream(argv[1]), provenance, io::Replace::yes);
    else
      data::write_episode(argv[2], data::read_episode(argv[1]), provenance, io::Replace::yes);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "h5py_copy: %s\n", e.what());
    return 1;
  }
  return 0;
}
