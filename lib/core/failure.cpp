#include "core/failure.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>

#include "core/json.h"
#include "core/log.h"

namespace dreamer {
namespace {

/// A message of LibTorch ends in where it was thrown and a backtrace.
constexpr std::string_view kBacktrace = "Exception raised from ";

/// One line of what a library reports, which may be many. --verbose shows them all.
std::string one_line(std::string_view text) {
  log::verbose("{}", text);
  std::string line(text.substr(0, text.find(kBacktrace)));
  std::ranges::replace(line, '\n', ' ');
  line.erase(std::find_if(line.rbegin(), line.rend(), [](char c) { return c != ' '; }).base(),
             line.end());
  return line;
}

/// Whether a library without a type of its own for it reports that memory ran out (LibTorch: "can't
/// allocate memory" on the CPU, "CUDA out of memory" on a GPU).
bool is_about_memory(std::string_view text) {
  return text.find("allocate memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos;
}

std::string in_words(const std::filesystem::filesystem_error& e) {
  if (e.path1().empty()) return e.code().message();
  return fmt::format("{}: {}", e.path1().string(), e.code().message());
}

/// Without its "[json.exception.type_error.302] ".
std::string in_words(const Json::exception& e) {
  const std::string_view text = e.what();
  return one_line(text.substr(text.find("] ") == std::string_view::npos ? 0 : text.find("] ") + 2));
}

}  // namespace

Failure failure_of(const std::exception_ptr& exception, const std::string& memory_remedy) {
  const std::string out_of_memory = "out of memory; use " + memory_remedy;
  try {
    std::rethrow_exception(exception);
  } catch (const Error& e) {
    return {e.what(), e.code()};
  } catch (const std::bad_alloc&) {
    return {out_of_memory};
  } catch (const std::length_error&) {  // more elements than a vector can ever have
    return {out_of_memory};
  } catch (const std::filesystem::filesystem_error& e) {
    return {in_words(e)};
  } catch (const Json::exception& e) {
    return {in_words(e)};
  } catch (const std::exception& e) {
    const std::string line = one_line(e.what());
    return {is_about_memory(line) ? fmt::format("{} ({})", out_of_memory, line) : line};
  } catch (...) {
    return {"an unknown exception; this is a fault of the program"};
  }
}

}  // namespace dreamer
