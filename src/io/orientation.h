#pragma once

#include "hdrtile/image.h"

namespace hdrtile {

/// Size as a viewer shows it: EXIF orientations 5 to 8 swap the sides.
[[nodiscard]] Size upright_size(Size stored, int orientation) noexcept;

/// The image as a viewer shows it, from EXIF orientation 1..8 (1 gives the image itself).
[[nodiscard]] Image upright(Image stored, int orientation);

}  // namespace hdrtile
