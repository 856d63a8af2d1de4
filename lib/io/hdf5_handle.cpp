#include "io/hdf5_handle.h"

namespace dreamer::io {
namespace {

std::recursive_mutex& mutex() {
  // Never destroyed: a reader in a static object may be closed after this file's statics are gone.
  static auto* const instance = new std::recursive_mutex;
  return *instance;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(mutex()) {
  // No clean-up at exit: it would run beside threads that still read, and nothing is ever left to
  // write (files are built in memory and closed by their owners).
  static const bool opened = H5dont_atexit() >= 0 && H5open() >= 0;
  if (!opened) throw error("the HDF5 library does not start");
  // The error stack, and with it the printing of errors, belongs to the thread.
  thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)silent;
}

std::string hdf5_message() {
  const Hdf5Lock lock;
  std::string message;
  const auto first = [](unsigned, const H5E_error2_t* e, void* out) -> herr_t {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && e->desc != nullptr) text = e->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &message);
  H5Eclear2(H5E_DEFAULT);
  return message.empty() ? "HDF5 gives no reason" : message;
}

}  // namespace dreamer::io
