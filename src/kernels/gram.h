#pragma once

#include "half_block.h"

namespace hdrtile::kernels {
namespace {

/// Scratch of the statistics: that of half a block, and a row of filtered pixels.
struct GramLayout {
  GramLayout(const HalfBlock& weights, int columns, int per_word)
      : half(weights, columns, per_word),
        stride(std::ptrdiff_t{weights.expand.vectors} * lanes),
        row(half.floats),
        floats(row + std::ptrdiff_t{half.width} * stride + rows_at_once + lanes) {
  }  // room for what is read beyond heads

  static constexpr int rows_at_once = lanes;  // of the matrix: their sums fill half of the registers
  HalfBlockLayout half;
  std::ptrdiff_t stride;  // floats of a pixel
  std::ptrdiff_t row, floats;
};

/// sums[i][j] += q_i k_j over a row of pixels, for `rows_at_once` i from `q` on and `lanes` j from `k` on.
inline void add_products(const float* q, const float* k, std::ptrdiff_t stride, int pixels, float* sums,
                         std::ptrdiff_t width, int rows, int columns) {
  constexpr int at_once = GramLayout::rows_at_once;
  Vec sum[at_once] = {};
  for (int pixel = 0; pixel < pixels; ++pixel, q += stride, k += stride) {
    const Vec right = load(k);
#pragma GCC unroll 16
    for (int i = 0; i < at_once; ++i) sum[i] = broadcast(q[i]) * right + sum[i];
  }
  for (int i = 0; i < rows; ++i) store_some(sums + i * width, load_some(sums + i * width, columns) + sum[i], columns);
}

/// sums += of the row's products of queries and keys of the same head, [C][C / heads], and of all their squares, [2 C].
inline void add_row(int channels, int heads, const float* row, std::ptrdiff_t stride, int pixels, float* sums) {
  constexpr int at_once = GramLayout::rows_at_once;
  const auto smaller = [](int a, int b) { return a < b ? a : b; };
  const int size = channels / heads;
  for (int head = 0; head < heads; ++head) {
    for (int i = 0; i < size; i += at_once) {
      for (int j = 0; j < size; j += lanes) {
        const float* q = row + head * size + i;
        const float* k = row + channels + head * size + j;
        add_products(q, k, stride, pixels, sums + (std::ptrdiff_t{head} * size + i) * size + j, size,
                     smaller(at_once, size - i), smaller(lanes, size - j));
      }
    }
  }
  float* squares = sums + std::ptrdiff_t{channels} * size;
  for (int c = 0; c < 2 * channels; c += lanes) {
    Vec sum = {};
    for (int pixel = 0; pixel < pixels; ++pixel) {
      const Vec value = load(row + pixel * stride + c);
      sum = value * value + sum;
    }
    const int count = smaller(lanes, 2 * channels - c);
    store_some(squares + c, load_some(squares + c, count) + sum, count);
  }
}

template <class Operand>
void gram(const HalfBlock& weights, int heads, const float* x, Size size, Part part, float* sums, float* scratch) {
  const int columns = part.column_end - part.column_begin;
  const GramLayout layout(weights, columns, Operand::per_word);
  float* row = scratch + layout.row;
  const auto slot = [&](int y) { return scratch + (y + 3) % 3 * layout.half.slot; };
  for (int y = part.row_begin - 1; y <= part.row_end; ++y) {
    expand_row<Operand>(weights, layout.half, x, size, y, part, slot(y), scratch + layout.half.normed);
    const int out = y - 1;
    if (out < part.row_begin) continue;
    const float* const ring[3] = {slot(out - 1), slot(out), slot(out + 1)};
    for (int v = 0; v < weights.expand.vectors; ++v) {
      filter_plane(weights, layout.half, ring, v, columns,
                   [&](int pixel, Vec values) { store(row + pixel * layout.stride + v * lanes, values); });
    }
    add_row(weights.channels, heads, row, layout.stride, columns, sums);
  }
}

template <class Operand>
std::size_t gram_scratch(const HalfBlock& weights, Part part) {
  return GramLayout(weights, part.column_end - part.column_begin, Operand::per_word).floats;
}

}  // namespace
}  // namespace hdrtile::kernels
