#include "hdrtile/tile_blender.h"

#include <algorithm>
#include <utility>

namespace hdrtile {

TileBlender::TileBlender(const TilePlan& plan, int scale, RowSink sink)
    : plan_(plan),
      scale_(scale),
      sink_(std::move(sink)),
      band_rows_(std::min(plan.y.side, plan.y.length) * scale),
      band_stride_(static_cast<std::size_t>(plan.x.length) * scale * 3),
      band_(band_stride_ * band_rows_, 0.0F) {
  for (int i = 0; i < plan_.x.count(); ++i) column_weights_.push_back(weights_of(plan_.x, i, scale_));
}

TileBlender::Weights TileBlender::weights_of(const AxisPlan& axis, int index, int scale) {
  Weights weights{.values = axis_weights(axis, index, scale)};
  const auto above_zero = [](float weight) { return weight > 0; };
  const auto begin = weights.values.begin();
  weights.first = static_cast<int>(std::find_if(begin, weights.values.end(), above_zero) - begin);
  weights.last = static_cast<int>(weights.values.rend() -
                                  std::find_if(weights.values.rbegin(), weights.values.rend(), above_zero));
  return weights;
}

float* TileBlender::band_row(int y) noexcept { return band_.data() + band_stride_ * (y % band_rows_); }

void TileBlender::add(std::span<const float> tile) {
  const int row = next_ / plan_.x.count();
  const int column = next_ % plan_.x.count();
  ++next_;
  if (column == 0) row_weights_ = weights_of(plan_.y, row, scale_);
  const Weights& columns = column_weights_[column];
  const std::size_t width = static_cast<std::size_t>(plan_.x.side) * scale_;
  const std::size_t plane = width * plan_.y.side * scale_;
  const std::size_t left = static_cast<std::size_t>(plan_.x.origin[column]) * scale_ * 3;
  for (int y = row_weights_.first; y < row_weights_.last; ++y) {
    const float* in = tile.data() + width * y;
    float* out = band_row(plan_.y.origin[row] * scale_ + y) + left;
    for (int x = columns.first; x < columns.last; ++x) {
      const float weight = row_weights_.values[y] * columns.values[x];
      for (int channel = 0; channel < 3; ++channel) out[3 * x + channel] += weight * in[plane * channel + x];
    }
  }
  if (column + 1 < plan_.x.count()) return;
  const bool last = row + 1 == plan_.y.count();
  flush((last ? plan_.y.length : plan_.y.ramp_start[row + 1]) * scale_);
}

void TileBlender::flush(int end_row) {
  for (; next_row_ < end_row; ++next_row_) {
    float* row = band_row(next_row_);
    sink_(next_row_, row);
    std::fill_n(row, band_stride_, 0.0F);
  }
}

}  // namespace hdrtile
