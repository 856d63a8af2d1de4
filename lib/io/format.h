#pragma once

namespace dreamer::io {

/// The version of every file format that this library writes. A reader refuses a newer major
/// version and ignores what a newer minor one added.
constexpr const char* kFormatVersion = "1.1";
constexpr int kFormatMajor = 1;

}  // namespace dreamer::io
