#include "core/companion.h"

#include <dlfcn.h>

#include "core/error.h"
#include "core/paths.h"

namespace dreamer {

void* companion_symbol(const std::string& name, const char* symbol, const std::string& purpose,
                       const std::string& remedy, Binding binding) {
  const auto path = library_dir() / ("libdreamer_" + name + ".so");
  // Opened again, it is the same one. Lazily bound, its symbols are for what it opens itself, too.
  const int mode = binding == Binding::lazy ? RTLD_LAZY | RTLD_GLOBAL : RTLD_NOW | RTLD_LOCAL;
  void* const library = dlopen(path.c_str(), mode);
  if (library == nullptr) throw error("cannot open {}: {}; {}", purpose, dlerror(), remedy);
  void* const found = dlsym(library, symbol);
  if (found == nullptr) throw error("{} is of another version: {}", path.string(), dlerror());
  return found;
}

}  // namespace dreamer
