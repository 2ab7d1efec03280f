#include "axis_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace hdrtile {
namespace {

/// The share of tile i against tile i - 1 at x: 0 before its ramp, 1 after it.
double rise(const AxisPlan& axis, int i, double x) {
  if (i == 0) return 1;
  if (i == axis.count()) return 0;
  const double t = std::clamp((x - axis.ramp_start[i]) / axis.ramp, 0.0, 1.0);
  return 0.5 - 0.5 * std::cos(std::numbers::pi * t);
}

}  // namespace

int AxisRules::smallest_side() const noexcept { return round_up(overlap + ramp(), multiple); }

int round_up(int value, int multiple) noexcept { return (value + multiple - 1) / multiple * multiple; }

int tiles_needed(int length, int side, int overlap) noexcept {
  if (length <= side) return 1;
  const int stride = side - overlap;
  return 1 + (length - side + stride - 1) / stride;
}

int smallest_cover(int length, int count, int smallest, const AxisRules& rules) noexcept {
  const std::int64_t covered = length + (std::int64_t{count} - 1) * rules.overlap;
  const int side = std::max(static_cast<int>((covered + count - 1) / count), smallest);
  return round_up(side, rules.multiple);
}

AxisPlan plan_axis(int length, int side, const AxisRules& rules) {
  const int count = tiles_needed(length, side, rules.overlap);
  AxisPlan axis{.length = length, .side = side, .ramp = rules.ramp(), .origin = {0}, .ramp_start = {0}};
  if (count == 1) return axis;
  const std::int64_t way = (round_up(length, rules.multiple) - side) / rules.multiple;  // to the last origin
  for (int i = 1; i < count; ++i) {
    axis.origin.push_back(static_cast<int>(i * way / (count - 1)) * rules.multiple);
  }
  // Tiles that are shared out evenly may lie closer than the overlap asks. Ramps then give way: of three tiles at most
  // two meet anywhere.
  for (int i = 2; i < count; ++i) axis.ramp = std::min(axis.ramp, (axis.origin[i] - axis.origin[i - 2]) / 2);
  for (int i = 1; i < count; ++i) {
    axis.ramp_start.push_back((axis.origin[i] + axis.origin[i - 1] + side - axis.ramp) / 2);
  }
  return axis;
}

std::vector<float> axis_weights(const AxisPlan& axis, int index, int scale) {
  std::vector<float> weights(static_cast<std::size_t>(axis.side) * scale, 0.0F);
  const int inside = std::min(axis.side, axis.length - axis.origin[index]) * scale;
  for (int i = 0; i < inside; ++i) {
    const double x = axis.origin[index] + (i + 0.5) / scale;
    weights[i] = static_cast<float>(rise(axis, index, x) - rise(axis, index + 1, x));
  }
  return weights;
}

int mirror_index(int i, int length) noexcept {
  if (length == 1) return 0;
  const int period = 2 * (length - 1);
  const int folded = (i % period + period) % period;
  return folded < length ? folded : period - folded;
}

}  // namespace hdrtile
