#include "float_curve.h"

namespace hdrtile {

FloatCurve::FloatCurve(const std::function<float(float)>& function) {
  float start = function(0);
  for (std::int32_t segment = least >> within_bits; segment <= most >> within_bits; ++segment) {
    const float middle = function(std::bit_cast<float>((2 * segment + 1) << (within_bits - 1)));
    const float end = function(std::bit_cast<float>((segment + 1) << within_bits));
    const float bend = 2 * ((start - middle) + (end - middle));
    values_.push_back(start);
    slopes_.push_back(end - start - bend);
    bends_.push_back(bend);
    start = end;
  }
}

FloatCurve::View FloatCurve::view() const noexcept {
  return {.values = values_.data(), .slopes = slopes_.data(), .bends = bends_.data()};
}

}  // namespace hdrtile
