#pragma once

#include <string_view>

namespace dreamer::io {

/// HDF5 1.10 believes some of what a file says of itself: addresses and sizes made up to fit their
/// checksums let it read, or free, memory that is not its own. From now on a crash inside of HDF5
/// ends the process with status 1 and a line that names the file; any other crash ends it as ever.
/// Called once, by the main thread.
void report_crashes_of_hdf5();

/// The file to be removed by such an end, as no destructor runs then; null: none. It outlives this.
void remove_on_crash(const char* path);

/// While it exists, its thread is inside of HDF5, which reads `file`. Part of Hdf5Lock.
class InsideHdf5 {
 public:
  /// @param file outlives this; empty: the file that the thread reads already, if any
  explicit InsideHdf5(std::string_view file);
  ~InsideHdf5();
  InsideHdf5(const InsideHdf5&) = delete;
  InsideHdf5& operator=(const InsideHdf5&) = delete;

 private:
  std::string_view outer_;
};

}  // namespace dreamer::io
