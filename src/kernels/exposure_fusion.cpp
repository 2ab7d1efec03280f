#include "exposure_fusion.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "elementary.h"

namespace hdrtile::kernels {
namespace {

constexpr int exposures = 5;
constexpr int planes = 4 * exposures;  // of each exposure its picture and its weight
constexpr float gains[exposures] = {0.0625F, 0.176776695F, 0.5F, 1.41421356F, 4.F};  // -4, -2.5, -1, +0.5, +2 EV

/// One level of all the pyramids: for each exposure red, green, blue, weight.
struct Level {
  explicit Level(Size of) : size(of), values(planes * plane()) {}
  [[nodiscard]] std::size_t plane() const { return std::size_t(size.height) * size.width; }
  float* at(int number) { return values.data() + number * plane(); }

  Size size;
  std::vector<float> values;
};

/// Mirrored past both ends, without the end itself.
int mirrored(int i, int count) {
  const int last = count - 1;
  if (last == 0) return 0;
  return last - std::abs(last - std::abs(i) % (2 * last));
}

/// As a camera of 8 bits has it at this gain.
HDRTILE_VECTOR_CLONES
void expose(const float* __restrict__ linear, float gain, std::size_t count, float* __restrict__ out) {
  for (std::size_t i = 0; i < count; ++i) {
    const float light = std::min(std::max(linear[i] * gain, 0.F), 1.F);
    const float curved = 1.055F * exp2_of(log2_of(std::max(light, 1e-8F)) * (1 / 2.4F)) - 0.055F;
    const float encoded = light <= 0.0031308F ? 12.92F * light : curved;
    out[i] = static_cast<float>(static_cast<int>(encoded * 255.F)) / 255.F;
  }
}

/// Down to the order of channels that OpenCV takes grey of.
HDRTILE_VECTOR_CLONES
void to_grey(const float* __restrict__ image, std::size_t plane, float* __restrict__ grey) {
  for (std::size_t i = 0; i < plane; ++i) {
    grey[i] = 0.114F * image[i] + 0.587F * image[plane + i] + 0.299F * image[2 * plane + i];
  }
}

/// How well a row is exposed. `above`, `here` and `below` are grey, with one pixel more on either side of `here`.
HDRTILE_VECTOR_CLONES
void weigh_row(const float* __restrict__ image, std::size_t plane, const float* __restrict__ above,
               const float* __restrict__ here, const float* __restrict__ below, int width, float* __restrict__ weight) {
  for (int x = 0; x < width; ++x) {
    const float red = image[x];
    const float green = image[plane + x];
    const float blue = image[2 * plane + x];
    const float contrast = std::abs(above[x] + below[x] + here[x - 1] + here[x + 1] - 4.F * here[x]);
    const float mean = (red + green + blue) / 3.F;
    const float saturation =
        std::sqrt((red - mean) * (red - mean) + (green - mean) * (green - mean) + (blue - mean) * (blue - mean));
    const float apart = (red - 0.5F) * (red - 0.5F) + (green - 0.5F) * (green - 0.5F) + (blue - 0.5F) * (blue - 0.5F);
    const float exposedness = exp2_of(-apart / 0.08F * 1.44269504F);
    weight[x] = contrast * saturation * exposedness + 1e-12F;
  }
}

HDRTILE_VECTOR_CLONES
void normalise(Level& level) {
  const std::size_t plane = level.plane();
  float* __restrict__ w[exposures];
  for (int e = 0; e < exposures; ++e) w[e] = level.at(4 * e + 3);
  for (std::size_t i = 0; i < plane; ++i) {
    const float sum = w[0][i] + w[1][i] + w[2][i] + w[3][i] + w[4][i];
    for (auto& each : w) each[i] /= sum;
  }
}

Level bracket(const float* linear, Size size) {
  Level level(size);
  const std::size_t plane = level.plane();
  const int width = size.width;
  std::vector<float> grey(plane);
  std::vector<float> padded(std::size_t(width) + 2);
  for (int e = 0; e < exposures; ++e) {
    float* image = level.at(4 * e);
    expose(linear, gains[e], 3 * plane, image);
    to_grey(image, plane, grey.data());
    for (int y = 0; y < size.height; ++y) {
      const auto row = [&](int at) { return grey.data() + std::size_t(mirrored(at, size.height)) * width; };
      std::copy_n(row(y), width, padded.begin() + 1);
      padded.front() = padded[1 + mirrored(-1, width)];
      padded.back() = padded[1 + mirrored(width, width)];
      const std::size_t from = std::size_t(y) * width;
      weigh_row(image + from, plane, row(y - 1), padded.data() + 1, row(y + 1), width, level.at(4 * e + 3) + from);
    }
  }
  normalise(level);
  return level;
}

/// The binomial filter of five taps.
HDRTILE_VECTOR_CLONES
void filter_rows(const float* const rows[5], int width, float* __restrict__ out) {
  for (int x = 0; x < width; ++x) {
    out[x] = (rows[0][x] + rows[4][x] + 4.F * (rows[1][x] + rows[3][x]) + 6.F * rows[2][x]) / 16.F;
  }
}
HDRTILE_VECTOR_CLONES
void filter_every_other(const float* __restrict__ row, int count, float* __restrict__ out) {
  for (int x = 0; x < count; ++x) {
    const float* taps = row + std::ptrdiff_t{2} * x;
    out[x] = (taps[0] + taps[4] + 4.F * (taps[1] + taps[3]) + 6.F * taps[2]) / 16.F;
  }
}

/// One step down the pyramids: filtered, every other pixel.
Level shrink(Level& level) {
  const auto [height, width] = level.size;
  Level half({.height = (height + 1) / 2, .width = (width + 1) / 2});
  std::vector<float> padded(std::size_t(width) + 4);
  for (int number = 0; number < planes; ++number) {
    for (int y = 0; y < half.size.height; ++y) {
      const float* rows[5];
      for (int k = 0; k < 5; ++k) rows[k] = level.at(number) + std::size_t(mirrored(2 * y + k - 2, height)) * width;
      float* middle = padded.data() + 2;
      filter_rows(rows, width, middle);
      for (int beyond = 1; beyond <= 2; ++beyond) {
        middle[-beyond] = middle[mirrored(-beyond, width)];
        middle[width - 1 + beyond] = middle[mirrored(width - 1 + beyond, width)];
      }
      filter_every_other(padded.data(), half.size.width, half.at(number) + std::size_t(y) * half.size.width);
    }
  }
  return half;
}

HDRTILE_VECTOR_CLONES
void between_rows(const float* __restrict__ above, const float* __restrict__ here, const float* __restrict__ below,
                  bool even, int width, float* __restrict__ out) {
  if (even) {
    for (int x = 0; x < width; ++x) out[x] = (above[x] + 6.F * here[x] + below[x]) / 8.F;
  } else {
    for (int x = 0; x < width; ++x) out[x] = (here[x] + below[x]) / 2.F;
  }
}
HDRTILE_VECTOR_CLONES
void spread_row(const float* __restrict__ row, int count, float* __restrict__ out) {
  for (int x = 0; x < count; ++x) {
    out[2 * x] = (row[x - 1] + 6.F * row[x] + row[x + 1]) / 8.F;
    out[2 * x + 1] = (row[x] + row[x + 1]) / 2.F;
  }
}

/// Rows of a plane, one step up its pyramid: the same filter on pixels spread with zeros between.
class Grown {
 public:
  explicit Grown(Size half) : half_(half), padded_(std::size_t(half.width) + 2), row_(2 * std::size_t(half.width)) {}

  const float* row(const float* plane, int y) {
    const auto at = [&](int i) {
      const int inside = i < 0 ? std::min(1, half_.height - 1) : std::min(i, half_.height - 1);
      return plane + std::size_t(inside) * half_.width;
    };
    const int i = y / 2;
    float* middle = padded_.data() + 1;
    between_rows(at(i - 1), at(i), at(i + 1), y % 2 == 0, half_.width, middle);
    middle[-1] = middle[std::min(1, half_.width - 1)];
    middle[half_.width] = middle[half_.width - 1];
    spread_row(middle, half_.width, row_.data());
    return row_.data();
  }

 private:
  Size half_;
  std::vector<float> padded_, row_;
};

HDRTILE_VECTOR_CLONES
void add_detail(const float* __restrict__ image, const float* __restrict__ grown, const float* __restrict__ weight,
                int width, float* __restrict__ sum) {
  for (int x = 0; x < width; ++x) sum[x] += (image[x] - grown[x]) * weight[x];
}
HDRTILE_VECTOR_CLONES
void add(const float* __restrict__ row, int width, float* __restrict__ sum) {
  for (int x = 0; x < width; ++x) sum[x] += row[x];
}

/// The exposures' pictures by their weights: of a level what the next, `half`, lacks, or all of it.
std::vector<float> blend(Level& level, Level* half) {
  const auto [height, width] = level.size;
  std::vector<float> sum(3 * level.plane(), 0.F);
  Grown grown(half != nullptr ? half->size : Size{1, 1});
  const std::vector<float> nothing(width, 0.F);
  for (int e = 0; e < exposures; ++e) {
    for (int channel = 0; channel < 3; ++channel) {
      const int number = 4 * e + channel;
      for (int y = 0; y < height; ++y) {
        const std::size_t from = std::size_t(y) * width;
        const float* coarse = half != nullptr ? grown.row(half->at(number), y) : nothing.data();
        add_detail(level.at(number) + from, coarse, level.at(4 * e + 3) + from, width,
                   sum.data() + channel * level.plane() + from);
      }
    }
  }
  return sum;
}

}  // namespace

void fuse_exposures(std::span<const float> linear, Size size, std::span<float> fused) {
  struct Band {
    Size size;
    std::vector<float> values;
  };
  std::vector<Band> bands;  // the blended Laplacian pyramid, finest first
  Level level = bracket(linear.data(), size);
  // As many levels as OpenCV has, log2 of the short side rounded down; sizes round up.
  for (int side = std::min(size.height, size.width); side > 1; side /= 2) {
    Level half = shrink(level);
    bands.push_back({level.size, blend(level, &half)});
    level = std::move(half);
  }
  Band out = {level.size, blend(level, nullptr)};
  for (; !bands.empty(); bands.pop_back()) {
    Band& finer = bands.back();
    const auto [height, width] = finer.size;
    Grown grown(out.size);
    for (int channel = 0; channel < 3; ++channel) {
      const float* coarse = out.values.data() + std::size_t(channel) * out.size.height * out.size.width;
      float* plane = finer.values.data() + std::size_t(channel) * height * width;
      for (int y = 0; y < height; ++y) add(grown.row(coarse, y), width, plane + std::size_t(y) * width);
    }
    out = std::move(finer);
  }
  std::ranges::transform(out.values, fused.begin(), [](float value) { return std::clamp(value, 0.F, 1.F); });
}

}  // namespace hdrtile::kernels
