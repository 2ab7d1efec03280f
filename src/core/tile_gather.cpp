#include "tile_gather.h"

#include <algorithm>
#include <cstddef>

namespace hdrtile {
namespace {

/// Where a tile's pixels along one axis come from, counted from the tile's origin. What is mirrored lies in the tile
/// itself: either it is the only one and starts at 0, or its padding is less than half of it.
std::vector<int> sources(const AxisPlan& axis, int index) {
  std::vector<int> from(axis.side);
  const int origin = axis.origin[index];
  for (int i = 0; i < axis.side; ++i) from[i] = mirror_index(origin + i, axis.length) - origin;
  return from;
}

}  // namespace

TileGather::TileGather(const Image& photo, const TilePlan& plan)
    : photo_(photo), plan_(plan), row_(static_cast<std::size_t>(plan.x.side) * 3) {}

void TileGather::tile(int index, std::span<float> out) {
  const int column = index % plan_.x.count();
  const int row = index / plan_.x.count();
  const int x0 = plan_.x.origin[column];
  const int y0 = plan_.y.origin[row];
  const int width = plan_.x.side;
  const int height = plan_.y.side;
  const std::vector<int> from_x = sources(plan_.x, column);
  const std::vector<int> from_y = sources(plan_.y, row);
  const std::size_t plane = static_cast<std::size_t>(width) * height;
  for (int y = 0; y < height; ++y) {
    read_row(photo_, y0 + from_y[y], x0, std::min(width, photo_.width() - x0), row_.data());
    for (int channel = 0; channel < 3; ++channel) {
      float* line = out.data() + plane * channel + static_cast<std::size_t>(width) * y;
      for (int x = 0; x < width; ++x) {
        line[x] = std::clamp(row_[3 * static_cast<std::size_t>(from_x[x]) + channel], 0.0F, 1.0F);
      }
    }
  }
}

}  // namespace hdrtile
