#pragma once

#include <utility>

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile {

/// The image at another size, same depth and channels: by area when it shrinks, bilinear when it grows.
[[nodiscard]] Image resized(const Image& image, Size size);

/// A small sRGB JPEG of a three-channel image in at most `max_bytes`, and its size; empty when it cannot be that small.
[[nodiscard]] std::pair<Bytes, Size> make_thumbnail(const Image& image, std::size_t max_bytes);

}  // namespace hdrtile
