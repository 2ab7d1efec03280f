#pragma once

#include "product.h"

namespace hdrtile::kernels {
namespace {

struct ConvolutionLayout {
  ConvolutionLayout(const Convolution& weights, int image_width, int per_word)
      : pixel_words(round_up(weights.in_channels[0], per_word) / per_word +
                    round_up(weights.in_channels[1], per_word) / per_word),
        rows(2 * weights.reach + 1),
        out_stride(weights.product.vectors * lanes),
        // A row has `reach` pixels of zeros at both ends, and room for whole blocks and a vector.
        slot(round_up((round_up(image_width, block) + 2 * weights.reach) * pixel_words + lanes, lanes)),
        out(rows * slot),
        floats(out + std::ptrdiff_t{round_up(image_width, block)} * out_stride) {}

  int pixel_words, rows;
  std::ptrdiff_t out_stride;
  std::ptrdiff_t slot;         // floats of a row of the ring
  std::ptrdiff_t out, floats;  // where the row of results starts, and the size of all
};

/// A row of the inputs as words, pixel by pixel.
template <class Operand>
inline void gather_words(const Convolution& weights, const float* const inputs[2], std::ptrdiff_t row, int width,
                         float* words) {
  const float* from[2] = {inputs[0] + row * width * weights.in_channels[0],
                          weights.in_channels[1] > 0 ? inputs[1] + row * width * weights.in_channels[1] : nullptr};
  for (int pixel = 0; pixel < width; ++pixel) {
    for (int i = 0; i < 2; ++i) {
      const int channels = weights.in_channels[i];
      int c = 0;
      for (; c + lanes <= channels; c += lanes) Operand::store_words(words + c / Operand::per_word, load(from[i] + c));
      // The words beyond the last are written again by the next pixel, or are room.
      if (c < channels) Operand::store_words(words + c / Operand::per_word, load_some(from[i] + c, channels - c));
      words += round_up(channels, Operand::per_word) / Operand::per_word;
      from[i] += channels;
    }
  }
}

/// A row of results to where they belong.
inline void place(const float* values, std::ptrdiff_t stride, int channels, Placing placing, int factor, int y,
                  Size size, float* out) {
  const int kept = channels / (factor * factor);
  const std::ptrdiff_t wide = std::ptrdiff_t{size.width} * factor;
  for (int x = 0; x < size.width; ++x, values += stride) {
    switch (placing) {
      case Placing::straight:
        std::memcpy(out + (std::ptrdiff_t{y} * size.width + x) * channels, values, channels * sizeof(float));
        break;
      case Placing::spread:  // packed as [i][j][k]
        for (int i = 0; i < factor; ++i) {
          std::memcpy(out + ((std::ptrdiff_t{y} * factor + i) * wide + std::ptrdiff_t{x} * factor) * kept,
                      values + i * factor * kept, factor * kept * sizeof(float));
        }
        break;
      case Placing::gathered: {
        const std::ptrdiff_t pixel = std::ptrdiff_t{y / factor} * (size.width / factor) + x / factor;
        float* to = out + pixel * channels * factor * factor + y % factor * factor + x % factor;
        for (int c = 0; c < channels; ++c) to[c * factor * factor] = values[c];
        break;
      }
      case Placing::planes:
        for (int k = 0; k < kept; ++k) {
          for (int i = 0; i < factor; ++i) {
            float* to = out + ((std::ptrdiff_t{k} * size.height + y) * factor + i) * wide + std::ptrdiff_t{x} * factor;
            for (int j = 0; j < factor; ++j) to[j] = values[(k * factor + i) * factor + j];
          }
        }
        break;
    }
  }
}

template <class Operand, int rows>
inline void convolve_row(const Convolution& weights, const ConvolutionLayout& layout, const float* const (&ring)[rows],
                         int width, float* values) {
  multiply<Operand>(weights.product, ring, layout.pixel_words, width, [&](int vector, int pixel, Vec sums) {
    store(values + pixel * layout.out_stride + vector * lanes, sums);
  });
}

template <class Operand>
void convolve(const Convolution& weights, const float* const inputs[2], float* out, Size size, int row_begin,
              int row_end, Placing placing, int factor, float* scratch) {
  const ConvolutionLayout layout(weights, size.width, Operand::per_word);
  const int reach = weights.reach;
  float* values = scratch + layout.out;
  const auto slot = [&](int row) { return scratch + (row + layout.rows) % layout.rows * layout.slot; };
  std::memset(scratch, 0, layout.out * sizeof(float));
  for (int row = row_begin - reach; row < row_end + reach; ++row) {
    if (row < 0 || row >= size.height) {
      std::memset(slot(row), 0, layout.slot * sizeof(float));
    } else {
      float* words = slot(row) + std::ptrdiff_t{reach} * layout.pixel_words;
      gather_words<Operand>(weights, inputs, row, size.width, words);
      std::memset(words + std::ptrdiff_t{size.width} * layout.pixel_words, 0,
                  reach * layout.pixel_words * sizeof(float));
    }
    const int y = row - reach;
    if (y < row_begin) continue;
    if (reach == 0) {
      const float* const ring[1] = {slot(y)};
      convolve_row<Operand>(weights, layout, ring, size.width, values);
    } else {
      const float* const ring[3] = {slot(y - 1), slot(y), slot(y + 1)};
      convolve_row<Operand>(weights, layout, ring, size.width, values);
    }
    place(values, layout.out_stride, weights.out_channels, placing, factor, y, size, out);
  }
}

template <class Operand>
std::size_t convolve_scratch(const Convolution& weights, int width) {
  return ConvolutionLayout(weights, width, Operand::per_word).floats;
}

}  // namespace
}  // namespace hdrtile::kernels
