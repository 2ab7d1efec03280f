#pragma once

#include "hdrtile/image.h"

namespace hdrtile {

/// A copy with samples of another type, clamped and rounded to nearest.
[[nodiscard]] Image to_depth(const Image& image, Depth depth);

/// One channel as three equal ones.
[[nodiscard]] Image expand_grey(const Image& grey);

/// Three channels as one: exact where they are equal, luma (Rec. 601) elsewhere.
[[nodiscard]] Image to_grey(const Image& rgb);

}  // namespace hdrtile
