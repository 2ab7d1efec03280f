#pragma once

#include <functional>
#include <optional>

#include "matrix_curves.h"

namespace hdrtile {

/// Three-channel floats to others, by lcms: what tables are held against.
using LcmsWay = std::function<void(const float* in, float* out, int pixels)>;

/// Tables that stand in for lcms's transform from `profile` to `linear_srgb` (both lcms's handles) and sRGB's curve
/// after it. Empty where the profile is no matrix with curves, the depth is not that of a table, or where colours from
/// all over come out otherwise than by lcms: it takes tables of colours where there are any, and says what the values
/// are.
[[nodiscard]] std::optional<MatrixToSrgb> matrix_to_srgb(void* profile, void* linear_srgb, Depth depth,
                                                         const LcmsWay& by_lcms);
/// The way back, for samples of `depth`.
[[nodiscard]] std::optional<MatrixFromSrgb> matrix_from_srgb(void* profile, void* linear_srgb, Depth depth,
                                                             const LcmsWay& by_lcms);

}  // namespace hdrtile
