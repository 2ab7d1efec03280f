#pragma once

#include "kernels.h"
#include "simd.h"
#include "sinks.h"

namespace hdrtile::kernels {
namespace {

constexpr int tile_rows = 16;
constexpr int tile_block = 2 * tile_rows;  ///< pixels at once

/// What AMX's registers hold (Intel's palette 1): sums of 16 pixels by 16 outputs in 0 to 3; in 4 and 5 `words` of 16
/// pixels, in 6 and 7 as many of a vector of weights.
struct alignas(64) TileShapes {
  explicit TileShapes(int words) {
    for (int tile = 0; tile < 8; ++tile) {
      const bool of_pixels = tile == 4 || tile == 5;
      row_bytes[tile] = static_cast<std::uint16_t>((of_pixels ? words : lanes) * sizeof(float));
      rows[tile] = static_cast<std::uint8_t>(tile < 6 ? tile_rows : words);
    }
  }
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

/// The longest equal parts of a run of words that fit a register.
inline int words_of_tile(int words) {
  int parts = (words + tile_rows - 1) / tile_rows;
  while (words % parts != 0) ++parts;
  return words / parts;
}

constexpr std::ptrdiff_t bytes_of(std::ptrdiff_t floats) { return floats * static_cast<std::ptrdiff_t>(sizeof(float)); }

/// Sums of 32 pixels by one or two vectors of outputs, their rows `stride` floats apart.
template <int vectors>
[[gnu::always_inline]] inline void load_sums(const float* from, std::ptrdiff_t vector_step, std::ptrdiff_t stride) {
  _tile_loadd(0, from, bytes_of(stride));
  _tile_loadd(1, from + tile_rows * stride, bytes_of(stride));
  if constexpr (vectors == 2) {
    _tile_loadd(2, from + vector_step, bytes_of(stride));
    _tile_loadd(3, from + vector_step + tile_rows * stride, bytes_of(stride));
  }
}
template <int vectors>
[[gnu::always_inline]] inline void store_sums(float* to, std::ptrdiff_t vector_step, std::ptrdiff_t stride) {
  _tile_stored(0, to, bytes_of(stride));
  _tile_stored(1, to + tile_rows * stride, bytes_of(stride));
  if constexpr (vectors == 2) {
    _tile_stored(2, to + vector_step, bytes_of(stride));
    _tile_stored(3, to + vector_step + tile_rows * stride, bytes_of(stride));
  }
}

/// sums += products.
template <int vectors, int rows>
[[gnu::always_inline]] inline void add_products(const Product& product, int vector, int words,
                                                const float* const (&row)[rows], std::ptrdiff_t pixel,
                                                std::ptrdiff_t stride) {
  const std::ptrdiff_t next = std::ptrdiff_t{product.words} * lanes;
  const float* weights = product.weights + vector * next;
  for (int r = 0; r < rows; ++r) {
    const float* from = row[r] + pixel * stride;
    for (int k = 0; k < product.words / rows; k += words, from += words, weights += words * lanes) {
      _tile_loadd(4, from, bytes_of(stride));
      _tile_loadd(6, weights, bytes_of(lanes));
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(5, from + tile_rows * stride, bytes_of(stride));
      _tile_dpbf16ps(1, 5, 6);
      if constexpr (vectors == 2) {
        _tile_loadd(7, weights + next, bytes_of(lanes));
        _tile_dpbf16ps(2, 4, 7);
        _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
}

/// A block of products into or onto what `sink` names.
template <int vectors, int rows>
inline void multiply_block(const Product& product, int vector, int words, const float* const (&row)[rows], int pixel,
                           std::ptrdiff_t stride, const Into& sink) {
  load_sums<vectors>(product.bias + vector * lanes, lanes, 0);
  add_products<vectors>(product, vector, words, row, pixel, stride);
  store_sums<vectors>(sink.at(vector, pixel), sink.vector_step, sink.pixel_step);
}

/// Sums start from x and the bias, so that a pixel's are the same whether its block is a whole one or not.
template <int vectors, int rows>
inline void multiply_block(const Product& product, int vector, int words, const float* const (&row)[rows], int pixel,
                           std::ptrdiff_t stride, const Onto& sink) {
  const bool whole = pixel + tile_block <= sink.pixels && (vector + vectors) * lanes <= sink.channels;
  if (whole && !product.biased) {
    const std::ptrdiff_t at = sink.index(vector, pixel);
    load_sums<vectors>(sink.x + at, lanes, sink.channels);
    add_products<vectors>(product, vector, words, row, pixel, stride);
    store_sums<vectors>(sink.y + at, lanes, sink.channels);
    return;
  }
  alignas(64) float sums[vectors][tile_block * lanes];
  for (int n = 0; n < vectors; ++n) {
    const Vec bias = load(product.bias + (vector + n) * lanes);
    for (int p = 0; p < tile_block; ++p) store(sums[n] + p * lanes, sink.read(vector + n, pixel + p) + bias);
  }
  load_sums<vectors>(sums[0], tile_block * lanes, lanes);
  add_products<vectors>(product, vector, words, row, pixel, stride);
  store_sums<vectors>(sums[0], tile_block * lanes, lanes);
  for (int n = 0; n < vectors; ++n) {
    for (int p = 0; p < tile_block; ++p) sink.write(vector + n, pixel + p, load(sums[n] + p * lanes));
  }
}

/// multiply() of product.h by AMX's unit: runs of words of 32 pixels, by two vectors of outputs.
template <int rows, class Sink>
inline void multiply_tiles(const Product& product, const float* const (&row)[rows], std::ptrdiff_t stride, int pixels,
                           const Sink& sink) {
  const int words = words_of_tile(product.words / rows);
  const TileShapes shapes(words);
  _tile_loadconfig(&shapes);
  int vector = 0;
  for (; vector + 2 <= product.vectors; vector += 2) {
    for (int pixel = 0; pixel < pixels; pixel += tile_block)
      multiply_block<2>(product, vector, words, row, pixel, stride, sink);
  }
  if (vector < product.vectors) {
    for (int pixel = 0; pixel < pixels; pixel += tile_block)
      multiply_block<1>(product, vector, words, row, pixel, stride, sink);
  }
  _tile_release();
}

}  // namespace
}  // namespace hdrtile::kernels
