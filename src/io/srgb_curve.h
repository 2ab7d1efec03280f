#pragma once

#include <cstddef>

namespace hdrtile {

/// sRGB's curve (IEC 61966-2-1), mirrored for negative light, as CSS Color 4 extends it: in place, over `count` values.
/// Within
/// 4e-7 of the formula, up to 64; what is larger counts as that.
void encode_srgb(float* values, std::size_t count);
void decode_srgb(float* values, std::size_t count);

}  // namespace hdrtile
