#pragma once

// The thin layer over HDF5's C API: owned identifiers, the one lock, and errors as exceptions.
// Only the sources of lib/io include it.

#include <hdf5.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace dreamer::io {

/// Held round every HDF5 call: the library is serial (its thread-safe build only locks inside each
/// call, which does not protect sequences of calls). Recursive, so that a function that holds it
/// may call another that takes it.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// The most specific message of HDF5's error stack, for folding into ours.
[[nodiscard]] std::string hdf5_message();

/// Passes on what an HDF5 call returned, or throws "DOING: HDF5's reason".
template <class Result>
Result check(Result result, std::string_view doing) {
  if (result < 0) throw error("{}: {}", doing, hdf5_message());
  return result;
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
