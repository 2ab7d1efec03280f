#include "srgb_curve.h"

#include <cmath>

#include "../core/vector_clones.h"
#include "float_curve.h"

namespace hdrtile {
namespace {

HDRTILE_VECTOR_CLONES void apply(FloatCurve::View curve, float* __restrict values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = std::copysign(curve(std::abs(values[i])), values[i]);
}

}  // namespace

void encode_srgb(float* values, std::size_t count) {
  static const FloatCurve curve([](double light) {
    return static_cast<float>(light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055);
  });
  apply(curve.view(), values, count);
}

void decode_srgb(float* values, std::size_t count) {
  static const FloatCurve curve([](double value) {
    return static_cast<float>(value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  });
  apply(curve.view(), values, count);
}

}  // namespace hdrtile
