#include "orientation.h"

#include <algorithm>
#include <cstring>

namespace hdrtile {
namespace {

bool swaps_sides(int orientation) { return orientation >= 5 && orientation <= 8; }

/// Where in the stored image the upright pixel (0, 0) lies, and how far a step to the right and down leads there.
struct Walk {
  std::ptrdiff_t start;
  std::ptrdiff_t right;
  std::ptrdiff_t down;
};

Walk walk(Size stored, int orientation) {
  const std::ptrdiff_t w = stored.width;
  const std::ptrdiff_t last_column = w - 1;
  const std::ptrdiff_t last_row = (stored.height - 1) * w;
  switch (orientation) {
    case 2:
      return {last_column, -1, w};
    case 3:
      return {last_row + last_column, -1, -w};
    case 4:
      return {last_row, 1, -w};
    case 5:
      return {0, w, 1};
    case 6:
      return {last_row, -w, 1};
    case 7:
      return {last_row + last_column, -w, -1};
    case 8:
      return {last_column, w, -1};
    default:
      return {0, 1, w};
  }
}

/// Block by block: a walk down the columns of a whole photo would miss the cache at every pixel.
template <std::size_t pixel_bytes>
void copy(const std::byte* in, const Walk& way, Image& out) {
  constexpr int block = 32;
  for (int y0 = 0; y0 < out.height(); y0 += block) {
    for (int x0 = 0; x0 < out.width(); x0 += block) {
      for (int y = y0; y < std::min(y0 + block, out.height()); ++y) {
        std::byte* to = out.row_data(y) + x0 * pixel_bytes;
        for (int x = x0; x < std::min(x0 + block, out.width()); ++x, to += pixel_bytes) {
          const std::ptrdiff_t index = way.start + way.right * x + way.down * y;
          std::memcpy(to, in + index * static_cast<std::ptrdiff_t>(pixel_bytes), pixel_bytes);
        }
      }
    }
  }
}

}  // namespace

Size upright_size(Size stored, int orientation) noexcept {
  return swaps_sides(orientation) ? Size{stored.height, stored.width} : stored;
}

Image upright(Image stored, int orientation) {
  if (stored.empty() || orientation < 2 || orientation > 8) return stored;
  Image out(upright_size(stored.size(), orientation), stored.depth(), stored.channels());
  const Walk way = walk(stored.size(), orientation);
  const std::byte* in = stored.row_data(0);
  switch (bytes_per_sample(stored.depth()) * stored.channels()) {
    case 1:
      copy<1>(in, way, out);
      break;
    case 2:
      copy<2>(in, way, out);
      break;
    case 3:
      copy<3>(in, way, out);
      break;
    case 4:
      copy<4>(in, way, out);
      break;
    case 6:
      copy<6>(in, way, out);
      break;
    case 8:
      copy<8>(in, way, out);
      break;
    case 16:
      copy<16>(in, way, out);
      break;
    default:
      copy<12>(in, way, out);  // three floats: the only other kind there is
  }
  return out;
}

}  // namespace hdrtile
