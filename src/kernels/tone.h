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
  const auto last = static_cast<float>(count - 1);
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
  const int width = size.width;
  float* cells = scratch;
  float* affine = cells + guide.row_floats();           // [width][8]
  float* columns = affine + std::ptrdiff_t{8} * width;  // of the guide, for each pixel
  float* steps = columns + width;
  for (int x = 0; x < width; ++x) {
    const float share = (static_cast<float>(x) + 0.5F) / static_cast<float>(width);
    columns[x] = position(place.x0 + share * (place.x1 - place.x0), guide.width);
  }
  for (int y = row_begin; y < row_end; ++y) {
    const float share = (static_cast<float>(y) + 0.5F) / static_cast<float>(size.height);
    blend_rows(guide, place.y0 + share * (place.y1 - place.y0), cells);
    const float* from = tile + std::ptrdiff_t{3} * y * width;
    for (int x = 0; x < width; ++x) {
      steps[x] = position(0.2126F * from[3 * x] + 0.7152F * from[3 * x + 1] + 0.0722F * from[3 * x + 2], guide.depth);
    }
    for (int x = 0; x < width; ++x) {
      const int column = static_cast<int>(columns[x]);
      const int step = static_cast<int>(steps[x]);
      const float right = columns[x] - static_cast<float>(column);
      const float up = steps[x] - static_cast<float>(step);
      const std::ptrdiff_t at = std::ptrdiff_t{column} * (guide.depth + 1) + step;
      const std::ptrdiff_t beside = at + guide.depth + 1;
      const Cell low = cell_at(cells, at) + right * (cell_at(cells, beside) - cell_at(cells, at));
      const Cell high = cell_at(cells, at + 1) + right * (cell_at(cells, beside + 1) - cell_at(cells, at + 1));
      const Cell both = low + up * (high - low);
      std::memcpy(affine + std::ptrdiff_t{8} * x, &both, sizeof both);
    }
    float* to = out + std::ptrdiff_t{3} * y * width;
    for (int x = 0; x < width; ++x) {
      const float* slopes = affine + std::ptrdiff_t{8} * x;
      for (int channel = 0; channel < 3; ++channel) {
        to[3 * x + channel] = slopes[channel] * from[3 * x + channel] + slopes[3 + channel];
      }
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

/// A row under the spline, down and across; what lies beyond the borders is the border's pixel.
inline void smooth_row(const float* image, Size size, int y, int step, float* __restrict__ padded,
                       float* __restrict__ smooth) {
  const int count = 3 * size.width;
  const auto row = [&](int at) {
    return image + std::ptrdiff_t{at < 0 ? 0 : at >= size.height ? size.height - 1 : at} * count;
  };
  const float* rows[5] = {row(y - 2 * step), row(y - step), row(y), row(y + step), row(y + 2 * step)};
  const int margin = 3 * 2 * step;
  float* middle = padded + margin;
  for (int i = 0; i < count; ++i) middle[i] = spline(rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i]);
  for (int i = 0; i < margin; ++i) {
    middle[i - margin] = middle[i % 3];
    middle[count + i] = middle[count - 3 + i % 3];
  }
  const int apart = 3 * step;
  for (int i = 0; i < count; ++i) {
    smooth[i] = spline(middle[i - 2 * apart], middle[i - apart], middle[i], middle[i + apart], middle[i + 2 * apart]);
  }
}

/// What the gains take of a row's band, coarse - smooth, away from the result.
inline void take_band(const float* __restrict__ coarse, const float* __restrict__ smooth,
                      const float* __restrict__ of_grey, const float* __restrict__ of_colour,
                      float* __restrict__ result, int width) {
  for (int x = 0; x < width; ++x) {
    const float red = coarse[3 * x] - smooth[3 * x];
    const float green = coarse[3 * x + 1] - smooth[3 * x + 1];
    const float blue = coarse[3 * x + 2] - smooth[3 * x + 2];
    const float grey = (red + green + blue) * (1.F / 3.F);
    const float colour = tanh_of(of_colour[x]);
    const float shared = (tanh_of(of_grey[x]) - colour) * grey;
    result[3 * x] -= shared + colour * red;
    result[3 * x + 1] -= shared + colour * green;
    result[3 * x + 2] -= shared + colour * blue;
  }
}

void shrink_band(const float* coarse, const float* gains, int step, float* smooth, float* result, Size size,
                 int row_begin, int row_end, float* scratch) {
  const std::ptrdiff_t width = size.width;
  const std::ptrdiff_t plane = width * size.height;
  for (int y = row_begin; y < row_end; ++y) {
    float* smoothed = smooth != nullptr ? smooth + 3 * y * width : scratch + 3 * (width + 4 * step);
    smooth_row(coarse, size, y, step, scratch, smoothed);
    take_band(coarse + 3 * y * width, smoothed, gains + y * width, gains + plane + y * width, result + 3 * y * width,
              size.width);
  }
}

}  // namespace
}  // namespace hdrtile::kernels
