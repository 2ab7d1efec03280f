#include "guide_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "../core/vector_clones.h"

namespace hdrtile::kernels {
namespace {

constexpr int cell_side = 6;

/// What a least-squares fit needs of a cell's pixels, sums by weight: 1, the photo's channels x, the wanted ones y, x *
/// x, x * y; 13 values, and padding to whole vectors.
constexpr int stride = 16;

/// Between which cells a sample lies: cell centres, the borders clamped.
struct Between {
  int first, second;
  float share;  // of the second
};

std::vector<Between> places(int samples, int cells) {
  std::vector<Between> found(samples);
  for (int i = 0; i < samples; ++i) {
    const float wanted =
        (static_cast<float>(i) + 0.5F) * static_cast<float>(cells) / static_cast<float>(samples) - 0.5F;
    const float at = std::clamp(wanted, 0.F, static_cast<float>(cells - 1));
    const int first = static_cast<int>(at);
    found[i] = {.first = first, .second = std::min(first + 1, cells - 1), .share = at - static_cast<float>(first)};
  }
  return found;
}

/// sum += weight * values.
HDRTILE_VECTOR_CLONES
void add_scaled(const float* __restrict__ values, float weight, std::size_t many, float* __restrict__ sum) {
  for (std::size_t i = 0; i < many; ++i) sum[i] += weight * values[i];
}

/// A grid of moments, [height][width][depth][stride].
class Moments {
 public:
  Moments(Size size, int depth) : size_(size), depth_(depth), values_(size.height * row_floats(), 0.F) {}
  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] int depth() const { return depth_; }
  [[nodiscard]] std::size_t cell_floats() const { return std::size_t(depth_) * stride; }
  [[nodiscard]] std::size_t row_floats() const { return size_.width * cell_floats(); }
  float* row(int y) { return values_.data() + y * row_floats(); }
  float* cell(int y, int x) { return row(y) + x * cell_floats(); }
  std::vector<float>& values() { return values_; }

 private:
  Size size_;
  int depth_;
  std::vector<float> values_;
};

/// A row of pixels into a row of cells.
HDRTILE_VECTOR_CLONES
void gather_row(const float* photo, const float* wanted, std::size_t plane, const std::vector<Between>& columns,
                int depth, float* cells) {
  for (std::size_t x = 0; x < columns.size(); ++x) {
    const float red = photo[x];
    const float green = photo[plane + x];
    const float blue = photo[2 * plane + x];
    const float luma = 0.2126F * red + 0.7152F * green + 0.0722F * blue;
    const float wanted_step = luma * static_cast<float>(depth) - 0.5F;
    const float step = wanted_step > 0.F ? std::min(wanted_step, static_cast<float>(depth - 1)) : 0.F;  // NaN becomes 0
    const int low = static_cast<int>(step);
    const int high = std::min(low + 1, depth - 1);
    const float up = step - static_cast<float>(low);
    float values[stride] = {1.F, red, green, blue, wanted[x], wanted[plane + x], wanted[2 * plane + x]};
    for (int c = 0; c < 3; ++c) {
      values[7 + c] = values[1 + c] * values[1 + c];
      values[10 + c] = values[1 + c] * values[4 + c];
    }
    const auto [first, second, right] = columns[x];
    const auto add = [&](int column, int at, float weight) {
      float* cell = cells + (std::size_t(column) * depth + at) * stride;
      for (int i = 0; i < stride; ++i) cell[i] += weight * values[i];
    };
    add(first, low, (1.F - right) * (1.F - up));
    add(first, high, (1.F - right) * up);
    add(second, low, right * (1.F - up));
    add(second, high, right * up);
  }
}

Moments gather(const float* photo, const float* wanted, Size size, int depth) {
  const Size grid = guide_size(size);
  const std::size_t plane = std::size_t(size.height) * size.width;
  Moments moments(grid, depth);
  const auto rows = places(size.height, grid.height);
  const auto columns = places(size.width, grid.width);
  std::vector<float> cells(moments.row_floats());
  for (int y = 0; y < size.height; ++y) {
    std::ranges::fill(cells, 0.F);
    const std::size_t from = std::size_t(y) * size.width;
    gather_row(photo + from, wanted + from, plane, columns, depth, cells.data());
    add_scaled(cells.data(), 1.F - rows[y].share, cells.size(), moments.row(rows[y].first));
    add_scaled(cells.data(), rows[y].share, cells.size(), moments.row(rows[y].second));
  }
  return moments;
}

/// Means of `2 * reach + 1` neighbours along one axis, the borders repeated.
template <typename Add>
Moments mean_of(const Moments& like, int length, int reach, Add add) {
  Moments means(like.size(), like.depth());
  const float weight = 1.F / static_cast<float>(2 * reach + 1);
  for (int to = 0; to < length; ++to) {
    for (int k = -reach; k <= reach; ++k) add(means, std::clamp(to + k, 0, length - 1), to, weight);
  }
  return means;
}

Moments mean_of_neighbours(Moments& moments) {
  const Size size = moments.size();
  Moments down = mean_of(moments, size.height, 2, [&](Moments& means, int from, int to, float weight) {
    add_scaled(moments.row(from), weight, moments.row_floats(), means.row(to));
  });
  Moments across = mean_of(moments, size.width, 2, [&](Moments& means, int from, int to, float weight) {
    for (int y = 0; y < size.height; ++y) add_scaled(down.cell(y, from), weight, down.cell_floats(), means.cell(y, to));
  });
  return mean_of(moments, moments.depth(), 1, [&](Moments& means, int from, int to, float weight) {
    for (int i = 0; i < size.height * size.width; ++i) {
      const std::size_t cell = i * means.cell_floats();
      add_scaled(across.values().data() + cell + std::size_t(from) * stride, weight, stride,
                 means.values().data() + cell + std::size_t(to) * stride);
    }
  });
}

/// Of all cells, for each step of luma; joined a little with those of all steps.
std::vector<float> whole_photo(Moments& moments) {
  const int cells = moments.size().height * moments.size().width;
  std::vector<float> whole(moments.cell_floats(), 0.F);
  for (int i = 0; i < cells; ++i) {
    add_scaled(moments.values().data() + i * whole.size(), 1.F / static_cast<float>(cells), whole.size(), whole.data());
  }
  std::vector<float> mean(stride, 0.F);
  for (int d = 0; d < moments.depth(); ++d) {
    add_scaled(whole.data() + std::size_t(d) * stride, 1.F / static_cast<float>(moments.depth()), stride, mean.data());
  }
  for (float& value : whole) value *= 0.98F;
  for (int d = 0; d < moments.depth(); ++d) {
    add_scaled(mean.data(), 0.02F, stride, whole.data() + std::size_t(d) * stride);
  }
  return whole;
}

/// Slope and offset of a channel from a cell's moments. Slopes that the data leaves open tend to the local gain.
void solve(const float* moments, int channel, float& slope, float& offset) {
  const float scale = 1.F / std::max(moments[0], 1e-12F);
  const float x = moments[1 + channel] * scale;
  const float y = moments[4 + channel] * scale;
  const float square = moments[7 + channel] * scale;
  const float product = moments[10 + channel] * scale;
  const float gain = std::clamp(y / std::max(x, 1e-3F), 0.F, 8.F);
  slope = (product - x * y + 1e-4F * gain) / (std::max(square - x * x, 0.F) + 1e-4F);
  offset = y - slope * x;
}

}  // namespace

Size guide_size(Size photo) noexcept {
  return {.height = (photo.height + cell_side - 1) / cell_side, .width = (photo.width + cell_side - 1) / cell_side};
}

std::vector<float> fit_guide(std::span<const float> photo, std::span<const float> wanted, Size size, int depth) {
  Moments moments = gather(photo.data(), wanted.data(), size, depth);
  // Where a cell has few pixels its neighbours' count, too, and those of the whole photo.
  Moments wide = mean_of_neighbours(moments);
  const auto whole = whole_photo(moments);
  add_scaled(wide.values().data(), 0.1F, wide.values().size(), moments.values().data());
  const std::size_t cells = std::size_t(moments.size().height) * moments.size().width;
  const std::size_t plane = depth * cells;
  std::vector<float> guide(6 * plane);
  for (std::size_t i = 0; i < cells; ++i) {
    float* cell = moments.values().data() + i * moments.cell_floats();
    add_scaled(whole.data(), 1e-3F, whole.size(), cell);
    for (int d = 0; d < depth; ++d) {
      for (int channel = 0; channel < 3; ++channel) {
        float* slope = guide.data() + channel * plane + d * cells + i;
        solve(cell + std::size_t(d) * stride, channel, *slope, slope[3 * plane]);
      }
    }
  }
  return guide;
}

}  // namespace hdrtile::kernels
