#pragma once

#include "kernels.h"
#include "simd.h"
#include "sinks.h"
#ifdef HDRTILE_AMX
#include "tiles.h"
#endif

namespace hdrtile::kernels {
namespace {

/// Pixels at once: with two vectors of outputs each, their sums fill the registers. Rows of pixels that products read
/// and write have room for whole blocks; what is computed beyond a row's end is never used.
#ifdef HDRTILE_AMX
constexpr int block = tile_block;
#else
constexpr int block = lanes == 16 ? 12 : 6;
#endif

/// The sums of `block` pixels and `count` vectors of outputs, over `rows` runs of words that follow each other in the
/// packed weights. A pixel's words start `stride` after those of the one before.
template <class Operand, int count, int rows>
[[gnu::always_inline]] inline void multiply_block(const Product& product, int vector, const float* const (&run)[rows],
                                                  std::ptrdiff_t stride, Vec (&sums)[block][count]) {
  const float* weights = product.weights + std::ptrdiff_t{vector} * product.words * lanes;
  const std::ptrdiff_t next = std::ptrdiff_t{product.words} * lanes;
#pragma GCC unroll 16
  for (auto& pixel : sums) {
#pragma GCC unroll 2
    for (int n = 0; n < count; ++n) pixel[n] = load(product.bias + (vector + n) * lanes);
  }
  for (int row = 0; row < rows; ++row) {
    const float* words = run[row];
    for (int k = 0; k < product.words / rows; ++k, ++words, weights += lanes) {
      typename Operand::Word weight[count];
#pragma GCC unroll 2
      for (int n = 0; n < count; ++n) std::memcpy(&weight[n], weights + n * next, sizeof weight[n]);
#pragma GCC unroll 16
      for (int p = 0; p < block; ++p) {
        const auto value = Operand::broadcast_word(words + p * stride);
#pragma GCC unroll 2
        for (int n = 0; n < count; ++n) sums[p][n] = Operand::add_product(sums[p][n], value, weight[n]);
      }
    }
  }
}

/// A row of pixels times the matrix, to a sink (sinks.h): every vector of outputs of every pixel, and of some pixels
/// beyond the last.
template <class Operand, int rows, class Sink>
inline void multiply(const Product& product, const float* const (&row)[rows], std::ptrdiff_t stride, int pixels,
                     const Sink& sink) {
#ifdef HDRTILE_AMX
  multiply_tiles(product, row, stride, pixels, sink);
#else
  const auto part = [&]<int count>(int vector, int pixel, Vec(&sums)[block][count]) __attribute__((always_inline)) {
    const float* run[rows];
    for (int i = 0; i < rows; ++i) run[i] = row[i] + pixel * stride;
    multiply_block<Operand, count, rows>(product, vector, run, stride, sums);
#pragma GCC unroll 16
    for (int p = 0; p < block; ++p) {
#pragma GCC unroll 2
      for (int n = 0; n < count; ++n) sink(vector + n, pixel + p, sums[p][n]);
    }
  };
  int vector = 0;
  for (; vector + 2 <= product.vectors; vector += 2) {
    for (int pixel = 0; pixel < pixels; pixel += block) {
      Vec sums[block][2];
      part(vector, pixel, sums);
    }
  }
  for (; vector < product.vectors; ++vector) {
    for (int pixel = 0; pixel < pixels; pixel += block) {
      Vec sums[block][1];
      part(vector, pixel, sums);
    }
  }
#endif
}

}  // namespace
}  // namespace hdrtile::kernels
