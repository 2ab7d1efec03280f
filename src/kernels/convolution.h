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
        floats(out + at_once * out_stride) {}

  static constexpr int at_once = 4 * block;  // pixels

  int pixel_words, rows;
  std::ptrdiff_t out_stride;
  std::ptrdiff_t slot;         // floats of a row of the ring
  std::ptrdiff_t out, floats;  // where the row of results starts, and the size of all
};

/// A row of an image as words, those of a pixel `stride` after those of the one before.
template <class Operand>
inline void gather_words(const float* from, int channels, int width, std::ptrdiff_t stride, float* words) {
  if (stride * Operand::per_word == channels) {  // no gaps between pixels
    channels *= width;
    width = 1;
  }
  for (int pixel = 0; pixel < width; ++pixel, words += stride, from += channels) {
    int c = 0;
    for (; c + lanes <= channels; c += lanes) Operand::store_words(words + c / Operand::per_word, load(from + c));
    if (c == channels) continue;
    float rest[lanes];
    Operand::store_words(rest, load_some(from + c, channels - c));
    for (int i = 0; i * Operand::per_word < channels - c; ++i) words[c / Operand::per_word + i] = rest[i];
  }
}

inline void copy(float* to, const float* from, int count) {
  int i = 0;
  for (; i + lanes <= count; i += lanes) store(to + i, load(from + i));
  for (; i < count; ++i) to[i] = from[i];
}

/// Results of pixels [begin, end) of row y to where they belong.
inline void place(const float* values, std::ptrdiff_t stride, int channels, Placing placing, int factor, int y,
                  int begin, int end, Size size, float* out) {
  const int kept = channels / (factor * factor);
  const std::ptrdiff_t wide = std::ptrdiff_t{size.width} * factor;
  if (placing == Placing::planes) {
    for (int row = 0; row < kept * factor; ++row) {  // [k][i]
      float* to = out + (std::ptrdiff_t{row / factor} * size.height * factor + y * factor + row % factor) * wide +
                  begin * factor;
      const float* from = values + row * factor;
      for (int x = begin; x < end; ++x, from += stride, to += factor) {
        if (factor == 2) {
          std::memcpy(to, from, 2 * sizeof(float));
        } else {
          for (int j = 0; j < factor; ++j) to[j] = from[j];
        }
      }
    }
    return;
  }
  if (placing == Placing::gathered && factor == 2) {  // begin and the width are even
    for (int x = begin; x < end; x += 2, values += 2 * stride) {
      float* to = out + ((std::ptrdiff_t{y / 2} * size.width + x) / 2 * channels * 2 + y % 2) * 2;
      for (int c = 0; c < channels; ++c, to += 4) {
        to[0] = values[c];
        to[1] = values[stride + c];
      }
    }
    return;
  }
  for (int x = begin; x < end; ++x, values += stride) {
    switch (placing) {
      case Placing::straight:
        copy(out + (std::ptrdiff_t{y} * size.width + x) * channels, values, channels);
        break;
      case Placing::spread:  // packed as [i][j][k]
        for (int i = 0; i < factor; ++i) {
          copy(out + ((std::ptrdiff_t{y} * factor + i) * wide + std::ptrdiff_t{x} * factor) * kept,
               values + i * factor * kept, factor * kept);
        }
        break;
      case Placing::gathered: {
        const std::ptrdiff_t pixel = std::ptrdiff_t{y / factor} * (size.width / factor) + x / factor;
        float* to = out + pixel * channels * factor * factor + y % factor * factor + x % factor;
        for (int c = 0; c < channels; ++c) to[c * factor * factor] = values[c];
        break;
      }
      case Placing::planes:
        break;  // above
    }
  }
}

/// Row y, some pixels at a time, so that their results are still in the first-level cache when they are placed.
template <class Operand, int rows>
inline void convolve_row(const Convolution& weights, const ConvolutionLayout& layout, const float* const (&ring)[rows],
                         float* values, int y, Size size, Placing placing, int factor, float* out) {
  for (int begin = 0; begin < size.width; begin += ConvolutionLayout::at_once) {
    const int end = begin + ConvolutionLayout::at_once < size.width ? begin + ConvolutionLayout::at_once : size.width;
    const float* row[rows];
    for (int i = 0; i < rows; ++i) row[i] = ring[i] + std::ptrdiff_t{begin} * layout.pixel_words;
    multiply<Operand>(weights.product, row, layout.pixel_words, end - begin,
                      Into{.first = values, .pixel_step = layout.out_stride, .vector_step = lanes});
    place(values, layout.out_stride, weights.out_channels, placing, factor, y, begin, end, size, out);
  }
}

template <class Operand>
void convolve(const Convolution& weights, const float* const inputs[2], float* out, Size size, int row_begin,
              int row_end, Placing placing, int factor, float* scratch) {
  const ConvolutionLayout layout(weights, size.width, Operand::per_word);
  const int reach = weights.reach;
  const int first = weights.in_channels[0];
  const int second = weights.in_channels[1];
  float* values = scratch + layout.out;
  const auto slot = [&](int row) { return scratch + (row + layout.rows) % layout.rows * layout.slot; };
  std::memset(scratch, 0, layout.out * sizeof(float));
  for (int row = row_begin - reach; row < row_end + reach; ++row) {
    if (row < 0 || row >= size.height) {
      std::memset(slot(row), 0, layout.slot * sizeof(float));
    } else {
      float* words = slot(row) + std::ptrdiff_t{reach} * layout.pixel_words;
      const std::ptrdiff_t pixels = std::ptrdiff_t{row} * size.width;
      gather_words<Operand>(inputs[0] + pixels * first, first, size.width, layout.pixel_words, words);
      if (second > 0) {
        gather_words<Operand>(inputs[1] + pixels * second, second, size.width, layout.pixel_words,
                              words + round_up(first, Operand::per_word) / Operand::per_word);
      }
      std::memset(words + std::ptrdiff_t{size.width} * layout.pixel_words, 0,
                  reach * layout.pixel_words * sizeof(float));
    }
    const int y = row - reach;
    if (y < row_begin) continue;
    if (reach == 0) {
      const float* const ring[1] = {slot(y)};
      convolve_row<Operand>(weights, layout, ring, values, y, size, placing, factor, out);
    } else {
      const float* const ring[3] = {slot(y - 1), slot(y), slot(y + 1)};
      convolve_row<Operand>(weights, layout, ring, values, y, size, placing, factor, out);
    }
  }
}

template <class Operand>
std::size_t convolve_scratch(const Convolution& weights, int width) {
  return ConvolutionLayout(weights, width, Operand::per_word).floats;
}

}  // namespace
}  // namespace hdrtile::kernels
