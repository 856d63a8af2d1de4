#pragma once

// The thin layer over HDF5's C API: owned identifiers, the one lock, and errors as exceptions.
// Only the sources of lib/io include it.

#include <hdf5.h>

#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "io/crash.h"

namespace dreamer::io {

/// Held round every HDF5 call: the library is serial (its thread-safe build only locks inside each
/// call, which does not protect sequences of calls). Recursive, so that a function that holds it
/// may call another that takes it.
class Hdf5Lock {
 public:
  /// @param file what is read, for the line that a crash of HDF5 ends with; outlives this
  explicit Hdf5Lock(std::string_view file = {});

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  InsideHdf5 inside_;
};

/// Why the last HDF5 call failed.
struct Hdf5Failure {
  std::string reason;   // HDF5's most specific message, or the system's own words
  bool system = false;  // the system refused (descriptors, permissions, a disk), not HDF5
};
[[nodiscard]] Hdf5Failure hdf5_failure();

/// The reason alone, for folding into our messages.
[[nodiscard]] std::string hdf5_message();

/// What to throw when reading `place` failed: the system's reason where it has one, else that the
/// file is damaged.
[[nodiscard]] Error reading_failed(std::string_view place);

/// Passes on what an HDF5 call returned, or throws "DOING: HDF5's reason".
template <class Result>
Result check(Result result, std::string_view doing) {
  if (result < 0) throw error("{}: {}", doing, hdf5_message());
  return result;
}

/// The body of a function that HDF5 calls: no exception may pass through HDF5's C frames, so one is
/// kept in `failure`, which whoever called HDF5 rethrows, and HDF5 is told to stop.
template <class Body>
herr_t in_callback(std::exception_ptr& failure, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return 0;
  } catch (...) {
    failure = std::current_exception();
    return -1;
  }
}

/// Owns one HDF5 identifier of any kind.
class Handle {
 public:
  Handle() = default;
  /// Takes over what an HDF5 call returned; throws as `check` does if it failed.
  Handle(hid_t id, std::string_view doing) : id_(check(id, doing)) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ < 0) return;
    const Hdf5Lock lock;
    H5Idec_ref(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): goes to C calls

 private:
  hid_t id_ = H5I_INVALID_HID;
};

}  // namespace dreamer::io
