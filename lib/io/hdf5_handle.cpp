#include "io/hdf5_handle.h"

namespace dreamer::io {
namespace {

std::recursive_mutex& mutex() {
  // Never destroyed: a reader in a static object may be closed after this file's statics are gone.
  static auto* const instance = new std::recursive_mutex;
  return *instance;
}

}  // namespace

Hdf5Lock::Hdf5Lock(std::string_view file) : lock_(mutex()), inside_(file) {
  // No clean-up at exit: it would run beside threads that still read, and nothing is ever left to
  // write (files are built in memory and closed by their owners).
  static const bool opened = H5dont_atexit() >= 0 && H5open() >= 0;
  if (!opened) throw error("the HDF5 library does not start");
  // The error stack, and with it the printing of errors, belongs to the thread.
  thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)silent;
}

Hdf5Failure hdf5_failure() {
  const Hdf5Lock lock;
  struct Found {
    std::string text;
    std::exception_ptr failure;
  } found;
  const auto first = [](unsigned, const H5E_error2_t* e, void* out) -> herr_t {
    auto& [text, failure] = *static_cast<Found*>(out);
    return in_callback(failure, [&] {
      if (text.empty() && e->desc != nullptr) text = e->desc;
    });
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &found);
  H5Eclear2(H5E_DEFAULT);
  if (found.failure) std::rethrow_exception(found.failure);
  // "file read failed: time = …, errno = 5, error message = 'Input/output error', buf = …"
  constexpr std::string_view kSystem = "error message = '";
  if (const auto begin = found.text.find(kSystem); begin != std::string::npos) {
    const std::string words = found.text.substr(begin + kSystem.size());
    return {words.substr(0, words.find('\'')), true};
  }
  return {found.text.empty() ? "HDF5 gives no reason" : found.text, false};
}

std::string hdf5_message() { return hdf5_failure().reason; }

Error reading_failed(std::string_view place) {
  const auto [reason, system] = hdf5_failure();
  if (system) return error("{}: cannot be read: {}", place, reason);
  return error("{} is damaged ({}); copy or make the file again", place, reason);
}

}  // namespace dreamer::io
