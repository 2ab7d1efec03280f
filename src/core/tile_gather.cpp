#include "tile_gather.h"

#include <algorithm>
#include <cstddef>

namespace hdrtile {
namespace {

constexpr int channels = 3;

}  // namespace

TileGather::TileGather(const Image& photo, const TilePlan& plan) : photo_(photo), plan_(plan) {}

/// What is mirrored lies in the tile itself: either it is the only one and starts at 0, or its padding is less than
/// half of it.
void TileGather::tile(int index, std::span<float> out) const {
  const int x0 = plan_.x.origin[index % plan_.x.count()];
  const int y0 = plan_.y.origin[index / plan_.x.count()];
  const int width = plan_.x.side;
  const int inside = std::min(width, photo_.width() - x0);
  float* row = out.data();
  for (int y = 0; y < plan_.y.side; ++y, row += static_cast<std::ptrdiff_t>(width) * channels) {
    read_row(photo_, mirror_index(y0 + y, photo_.height()), x0, inside, row);
    if (photo_.depth() == Depth::f32) {
      for (int i = 0; i < inside * channels; ++i) row[i] = std::clamp(row[i], 0.0F, 1.0F);
    }
    for (int x = inside; x < width; ++x) {
      const int from = mirror_index(x0 + x, photo_.width()) - x0;
      std::copy_n(row + static_cast<std::ptrdiff_t>(from) * channels, channels,
                  row + static_cast<std::ptrdiff_t>(x) * channels);
    }
  }
}

}  // namespace hdrtile
