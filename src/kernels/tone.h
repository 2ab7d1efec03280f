#pragma once

#include "kernels.h"
#include "simd.h"

namespace hdrtile::kernels {
namespace {

/// A cell of the guide: three slopes, three offsets, and two values of padding.
using Cell = float __attribute__((vector_size(8 * sizeof(float))));

inline Cell cell_at(const float* cells, std::ptrdiff_t index) {
  Cell cell;
  std::memcpy(&cell, cells + index * 8, sizeof cell);
  return cell;
}

/// Where between the centres of `count` cells the place `at` in [0, 1] lies.
inline float position(float at, int count) {
  const float last = static_cast<float>(count - 1);
  const float wanted = at * static_cast<float>(count) - 0.5F;
  return wanted > 0.F ? (wanted < last ? wanted : last) : 0.F;  // NaN becomes 0; the pixel it came from is NaN anyway
}

/// One row of the guide between those of its cells, as a tile's row reads it.
inline void blend_rows(const Guide& guide, float at, float* cells) {
  const float y = position(at, guide.height);
  const int above = static_cast<int>(y);
  const float share = y - static_cast<float>(above);
  const std::size_t count = guide.row_floats();
  const float* upper = guide.cells + above * count;
  const float* lower = upper + count;
  for (std::size_t i = 0; i < count; ++i) cells[i] = upper[i] + share * (lower[i] - upper[i]);
}

void apply_guide(const Guide& guide, Place place, const float* tile, float* out, Size size, int row_begin, int row_end,
                 float* scratch) {
  const std::ptrdiff_t plane = std::ptrdiff_t{size.height} * size.width;
  float* cells = scratch;
  float* affine = cells + guide.row_floats();                // [width][8]
  float* columns = affine + 8 * std::ptrdiff_t{size.width};  // of the guide, for each pixel
  float* steps = columns + size.width;
  for (int x = 0; x < size.width; ++x) {
    const float share = (static_cast<float>(x) + 0.5F) / static_cast<float>(size.width);
    columns[x] = position(place.x0 + share * (place.x1 - place.x0), guide.width);
  }
  for (int y = row_begin; y < row_end; ++y) {
    const float share = (static_cast<float>(y) + 0.5F) / static_cast<float>(size.height);
    blend_rows(guide, place.y0 + share * (place.y1 - place.y0), cells);
    const float* red = tile + std::ptrdiff_t{y} * size.width;
    const float* green = red + plane;
    const float* blue = green + plane;
    for (int x = 0; x < size.width; ++x) {
      steps[x] = position(0.2126F * red[x] + 0.7152F * green[x] + 0.0722F * blue[x], guide.depth);
    }
    for (int x = 0; x < size.width; ++x) {
      const int column = static_cast<int>(columns[x]);
      const int step = static_cast<int>(steps[x]);
      const float right = columns[x] - static_cast<float>(column);
      const float up = steps[x] - static_cast<float>(step);
      const std::ptrdiff_t at = std::ptrdiff_t{column} * (guide.depth + 1) + step;
      const std::ptrdiff_t beside = at + guide.depth + 1;
      const Cell low = cell_at(cells, at) + right * (cell_at(cells, beside) - cell_at(cells, at));
      const Cell high = cell_at(cells, at + 1) + right * (cell_at(cells, beside + 1) - cell_at(cells, at + 1));
      const Cell both = low + up * (high - low);
      std::memcpy(affine + std::ptrdiff_t{x} * 8, &both, sizeof both);
    }
    for (int channel = 0; channel < 3; ++channel) {
      const float* from = red + channel * plane;
      float* to = out + channel * plane + std::ptrdiff_t{y} * size.width;
      for (int x = 0; x < size.width; ++x) to[x] = affine[8 * x + channel] * from[x] + affine[8 * x + 3 + channel];
    }
  }
}

/// By 1 - 2 / (exp(2x) + 1); exp by its power of two and a polynomial of the rest (Cody and Waite). To 2e-7.
inline float tanh_of(float x) {
  const float bounded = x > 9.F ? 9.F : x < -9.F ? -9.F : x;
  const float scaled = bounded * 2.88539008F;  // 2x / ln 2
  const float rounder = 12582912.F;            // 1.5 * 2^23: adding it rounds to whole numbers
  const float shifted = scaled + rounder;
  const float whole = shifted - rounder;
  const float rest = (scaled - whole) * 0.69314718F;
  const float power = __builtin_bit_cast(float, (static_cast<std::int32_t>(whole) + 127) << 23);
  const float series =
      1.F +
      rest * (1.F + rest * (0.5F + rest * (0.166666667F +
                                           rest * (0.0416666667F + rest * (0.00833333333F + rest * 0.00138888889F)))));
  return 1.F - 2.F / (series * power + 1.F);
}

/// Five taps of the B3 spline.
inline float spline(float a, float b, float c, float d, float e) { return (a + e + 4.F * (b + d) + 6.F * c) * 0.0625F; }

/// A row of one plane under the spline, down and across; what lies beyond the borders is the border's pixel.
inline void smooth_row(const float* plane, Size size, int y, int step, float* __restrict__ padded,
                       float* __restrict__ smooth) {
  const auto row = [&](int at) {
    return plane + std::ptrdiff_t{at < 0 ? 0 : at >= size.height ? size.height - 1 : at} * size.width;
  };
  const float* rows[5] = {row(y - 2 * step), row(y - step), row(y), row(y + step), row(y + 2 * step)};
  const int margin = 2 * step;
  float* middle = padded + margin;
  for (int x = 0; x < size.width; ++x) middle[x] = spline(rows[0][x], rows[1][x], rows[2][x], rows[3][x], rows[4][x]);
  for (int x = 1; x <= margin; ++x) {
    middle[-x] = middle[0];
    middle[size.width - 1 + x] = middle[size.width - 1];
  }
  for (int x = 0; x < size.width; ++x) {
    smooth[x] = spline(middle[x - 2 * step], middle[x - step], middle[x], middle[x + step], middle[x + 2 * step]);
  }
}

/// What the gains take of a row's band, coarse - smooth, away from the result. Planes of coarse and result lie `plane`
/// apart, of smooth `width`.
inline void take_band(const float* __restrict__ coarse, const float* __restrict__ smooth,
                      const float* __restrict__ of_grey, const float* __restrict__ of_colour,
                      float* __restrict__ result, std::ptrdiff_t plane, int width) {
  for (int x = 0; x < width; ++x) {
    const float red = coarse[x] - smooth[x];
    const float green = coarse[x + plane] - smooth[x + width];
    const float blue = coarse[x + 2 * plane] - smooth[x + 2 * width];
    const float grey = (red + green + blue) * (1.F / 3.F);
    const float colour = tanh_of(of_colour[x]);
    const float shared = (tanh_of(of_grey[x]) - colour) * grey;
    result[x] -= shared + colour * red;
    result[x + plane] -= shared + colour * green;
    result[x + 2 * plane] -= shared + colour * blue;
  }
}

void shrink_band(const float* coarse, const float* gains, int step, float* smooth, float* result, Size size,
                 int row_begin, int row_end, float* scratch) {
  const int width = size.width;
  const std::ptrdiff_t plane = std::ptrdiff_t{size.height} * width;
  float* padded = scratch;
  float* smoothed = padded + width + 4 * step;  // [3][width]
  for (int y = row_begin; y < row_end; ++y) {
    const std::ptrdiff_t at = std::ptrdiff_t{y} * width;
    for (int channel = 0; channel < 3; ++channel) {
      float* row = smoothed + std::ptrdiff_t{channel} * width;
      smooth_row(coarse + channel * plane, size, y, step, padded, row);
      if (smooth != nullptr) std::memcpy(smooth + channel * plane + at, row, width * sizeof(float));
    }
    take_band(coarse + at, smoothed, gains + at, gains + plane + at, result + at, plane, width);
  }
}

}  // namespace
}  // namespace hdrtile::kernels
