#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/signature.h"
#include "logged/source.h"

namespace dreamer::logged {

/// What the stored actions of all sources are: how they are scaled, or which choices there are.
struct ActionRange {
  Space space = {};         // bounds included
  bool one_hot = false;     // choices are stored as one-hot values
  std::string origin = {};  // in words: "declared", "the data's own"
};

/// Decides it: `wanted` is auto (as declared; else [-1,1] where the format's rule says so; else the
/// data's own extremes), data, or "LOW:HIGH[,LOW:HIGH…]". Reads the actions of
/// all episodes where nothing else decides.
/// @param choices of a discrete action; 0: as the data tell
/// @throws Error where the sources' actions differ in size, or hold what is not finite
[[nodiscard]] ActionRange decide_actions(const std::vector<std::unique_ptr<Source>>& sources,
                                         const std::string& wanted, std::int64_t choices);

}  // namespace dreamer::logged
