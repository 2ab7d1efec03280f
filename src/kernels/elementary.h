#pragma once

#include <bit>
#include <cstdint>

#include "../core/vector_clones.h"

/// Elementary functions without branches or calls, for loops that the compiler is to turn into vectors.
namespace hdrtile::kernels {

/// 2^x for x in [-126, 127], to 2e-7 of it: the power of the nearest whole number, and a polynomial of the rest (Cody
/// and Waite).
inline float exp2_of(float x) {
  const float bounded = x < -126.F ? -126.F : x;
  const float rounder = 12582912.F;  // 1.5 * 2^23: adding it rounds to whole numbers
  const float whole = (bounded + rounder) - rounder;
  const float rest = (bounded - whole) * 0.69314718F;
  const auto power = std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23);
  const float series =
      1.F +
      rest * (1.F + rest * (0.5F + rest * (0.166666667F +
                                           rest * (0.0416666667F + rest * (0.00833333333F + rest * 0.00138888889F)))));
  return series * power;
}

/// log2 of a normal x > 0, to 2e-7: the exponent, and a series in (m - 1) / (m + 1) of the mantissa m in [0.7, 1.41].
inline float log2_of(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t exponent = (bits - 0x3f3504f3) >> 23;  // 0.7071's bits
  const auto mantissa =
      std::bit_cast<float>(bits - static_cast<std::int32_t>(static_cast<std::uint32_t>(exponent) << 23U));
  const float t = (mantissa - 1.F) / (mantissa + 1.F);
  const float square = t * t;
  const float series =
      2.88539008F * t *
      (1.F + square * (0.333333333F + square * (0.2F + square * (0.142857143F + square * 0.111111111F))));
  return static_cast<float>(exponent) + series;
}

}  // namespace hdrtile::kernels
