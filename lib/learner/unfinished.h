#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <string>

#include "core/error.h"
#include "io/file.h"

namespace dreamer {

/// What to use where a run is out of memory.
inline constexpr const char* kMemoryRemedy = "a smaller batch, --replay-memory or model";

/// What a run has learned so far, and how it is saved.
struct Unfinished {
  std::string progress;        // "12 of 40 updates"
  std::filesystem::path path;  // where the same command looks for it
  std::string saved;           // what an earlier save there holds, "10 of 40 updates", if any
  std::function<void(const std::filesystem::path& path, io::Replace replace)> save;
};

/// A run that has ended early and whose last words are said: there is nothing more to save.
class EndedEarly : public Error {
 public:
  using Error::Error;
};

/// Saves it and says where it is. Where its own place cannot be written it goes into the folder for
/// temporary files; that, or that it could not be saved at all, and why, is what is thrown.
/// @param reason what ended the run, in words
/// @throws EndedEarly
[[nodiscard]] std::string keep(const Unfinished& work, const std::string& reason);

/// The end of a run by an exception. Its work is saved; at a signal that is said and the run is
/// over, otherwise the exception's message, with where the work is, is thrown as EndedEarly.
void end_early(const Unfinished& work, const std::exception_ptr& exception);

/// The same where only the last words of a run were left, its output being in place.
void end_in_place(const std::filesystem::path& out, const std::exception_ptr& exception);

}  // namespace dreamer
