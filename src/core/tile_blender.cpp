#include "hdrtile/tile_blender.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace hdrtile {
namespace {

constexpr int channels = 3;

/// sums = or += tile * weight, sample by sample.
void set(float* sums, const float* tile, const float* weights, float row_weight, int samples) {
  for (int i = 0; i < samples; ++i) sums[i] = row_weight * weights[i] * tile[i];
}
void accumulate(float* sums, const float* tile, const float* weights, float row_weight, int samples) {
  for (int i = 0; i < samples; ++i) sums[i] += row_weight * weights[i] * tile[i];
}

std::size_t samples_of(int pixels) { return static_cast<std::size_t>(pixels) * channels; }

}  // namespace

TileBlender::TileBlender(const TilePlan& plan, int scale, Sink sink)
    : plan_(plan), scale_(scale), sink_(std::move(sink)) {
  for (int i = 0; i < plan_.x.count(); ++i) {
    Zone zone = zone_of(plan_.x, i, scale_);
    std::vector<float> by_sample;
    by_sample.reserve(samples_of(zone.last));
    for (const float weight : zone.weights) by_sample.insert(by_sample.end(), channels, weight);
    zone.weights = std::move(by_sample);
    columns_.push_back(std::move(zone));
  }
  if (plan_.x.count() > 1) beside_.resize(samples_of(plan_.x.ramp * scale_) * plan_.y.side * scale_);
  if (plan_.y.count() > 1) {
    for (auto& ramp : below_) ramp.resize(samples_of(plan_.x.length * scale_) * plan_.y.ramp * scale_);
  }
}

TileBlender::Zone TileBlender::zone_of(const AxisPlan& axis, int index, int scale) {
  const int origin = axis.origin[index];
  const int end = axis.length - origin;
  Zone zone{
      .first = 0, .solid = 0, .done = end * scale, .last = end * scale, .weights = axis_weights(axis, index, scale)};
  if (index > 0) {
    zone.first = (axis.ramp_start[index] - origin) * scale;
    zone.solid = zone.first + axis.ramp * scale;
  }
  if (index + 1 < axis.count()) {
    zone.done = (axis.ramp_start[index + 1] - origin) * scale;
    zone.last = zone.done + axis.ramp * scale;
  }
  return zone;
}

float* TileBlender::ramp_below(int row, int ramp_row) noexcept {
  return below_[row % 2].data() + samples_of(plan_.x.length * scale_) * ramp_row;
}

void TileBlender::add(std::span<const float> tile) {
  const int row = next_ / plan_.x.count();
  const int column = next_ % plan_.x.count();
  ++next_;
  if (column == 0) row_ = zone_of(plan_.y, row, scale_);
  const Zone& x = columns_[column];
  const int left = plan_.x.origin[column] * scale_;
  const int top = plan_.y.origin[row] * scale_;
  const std::size_t stride = samples_of(plan_.x.side * scale_);
  const float* in = tile.data() + stride * row_.first;
  for (int y = row_.first; y < row_.last; ++y, in += stride) {
    if (y < row_.solid) {
      finish_ramp(in, top + y, x, row_.weights[y], ramp_below(row - 1, y - row_.first), left);
    } else if (y < row_.done) {
      add_alone(in, top + y, x, beside_.data() + samples_of(plan_.x.ramp * scale_) * y, left);
    } else {
      float* ramp = ramp_below(row, y - row_.done) + samples_of(left);
      const float weight = row_.weights[y];
      const std::size_t first = samples_of(x.first);
      const std::size_t solid = samples_of(x.solid);
      accumulate(ramp + first, in + first, x.weights.data() + first, weight, channels * (x.solid - x.first));
      set(ramp + solid, in + solid, x.weights.data() + solid, weight, channels * (x.last - x.solid));
    }
  }
}

/// A row in the ramp from the tiles above, whose share is in `ramp` already.
void TileBlender::finish_ramp(const float* tile_row, int y, const Zone& x, float row_weight, float* ramp,
                              int left) const {
  float* sums = ramp + samples_of(left + x.first);
  const std::size_t first = samples_of(x.first);
  accumulate(sums, tile_row + first, x.weights.data() + first, row_weight, channels * (x.last - x.first));
  sink_(y, left + x.first, x.done - x.first, sums);
}

/// A row that no tile above or below shares.
void TileBlender::add_alone(const float* tile_row, int y, const Zone& x, float* beside, int left) const {
  if (x.solid > x.first) {
    const std::size_t first = samples_of(x.first);
    accumulate(beside, tile_row + first, x.weights.data() + first, 1, channels * (x.solid - x.first));
    sink_(y, left + x.first, x.solid - x.first, beside);
  }
  if (x.done > x.solid) sink_(y, left + x.solid, x.done - x.solid, tile_row + samples_of(x.solid));
  const std::size_t done = samples_of(x.done);
  set(beside, tile_row + done, x.weights.data() + done, 1, channels * (x.last - x.done));
}

}  // namespace hdrtile
