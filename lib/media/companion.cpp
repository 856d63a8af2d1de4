#include "media/companion.h"

#include <dlfcn.h>

#include "core/error.h"
#include "core/paths.h"

namespace dreamer::media {

void* video_library_symbol(const char* name) {
  static void* const library = [] {
    const auto path = library_dir() / "libdreamer_video.so";
    void* const opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr)
      throw error("cannot open the video library: {}; rebuild, or reinstall FFmpeg's libraries",
                  dlerror());
    return opened;
  }();
  void* const symbol = dlsym(library, name);
  if (symbol == nullptr) throw error("the video library is of another version: {}", dlerror());
  return symbol;
}

}  // namespace dreamer::media
