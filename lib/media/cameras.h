#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/signature.h"
#include "media/canvas.h"
#include "media/layout.h"

namespace dreamer::media {

/// Images by the names of their cameras, rows one after the other: [T,Y,X,C].
using Images = std::map<std::string, std::vector<std::uint8_t>>;

/// The images of a signature, or those of them that are there, in its order.
[[nodiscard]] std::vector<Space> cameras_of(const Signature& signature);
[[nodiscard]] std::vector<Space> cameras_of(const Signature& signature, const Images& images);

/// What each camera saw at row `row`.
/// @throws Error if there is no such row
[[nodiscard]] std::vector<Canvas> frames_of(const std::vector<Space>& cameras, const Images& images,
                                            std::int64_t row);

/// The frames of all cameras as one, side by side, and its size.
[[nodiscard]] Canvas together(const std::vector<Canvas>& frames);
[[nodiscard]] Size together(const std::vector<Space>& cameras);

}  // namespace dreamer::media
