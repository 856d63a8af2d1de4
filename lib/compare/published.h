#pragma once

#include <optional>
#include <string>

namespace dreamer::compare {

/// The mean return of the paper's agent on a task after so many frames, on a straight line between
/// its evaluations; nothing where the paper has no curve of the task, or none there.
[[nodiscard]] std::optional<double> published_return(const std::string& task, double frames);

}  // namespace dreamer::compare
