#pragma once

#include "product.h"

namespace hdrtile::kernels {
namespace {

/// Scratch of half a block: what follows each other in it. Three rows of expanded pixels lie in a ring, each as planes
/// of one vector a pixel; with columns of one to each side of the part.
struct HalfBlockLayout {
  HalfBlockLayout(const HalfBlock& weights, int columns, int per_word)
      : width(round_up(round_up(columns, filtered_at_once) + 2, block)),
        normed_stride(round_up(weights.channels, lanes) / per_word),
        middle_stride(round_up(weights.hidden, lanes) / per_word),
        slot(std::ptrdiff_t{weights.expand.vectors} * width * lanes),
        normed(3 * slot),
        gate(normed + std::ptrdiff_t{width} * normed_stride + lanes),
        middle(gate + std::ptrdiff_t{width} * lanes),
        floats(middle + std::ptrdiff_t{width} * middle_stride + lanes) {}

  static constexpr int filtered_at_once = 4;
  int width;
  std::ptrdiff_t normed_stride, middle_stride;  // words of a pixel
  std::ptrdiff_t slot;                          // floats of a row of the ring
  std::ptrdiff_t normed, gate, middle, floats;  // where they start, and the size of all
};

/// What the norm takes off each of some pixels, and by what it multiplies the rest: a lane a pixel.
struct Norms {
  float centre[lanes], scale[lanes];
};

/// Of pixels [0, count), at most `lanes`; those of others are meaningless.
inline void find_norms(const HalfBlock& weights, const float* x, int count, Norms& norms) {
  const int channels = weights.channels;
  const int whole = channels / lanes * lanes;
  const int rest = channels - whole;
  const float share = 1.F / static_cast<float>(channels);
  Vec ones = {};
  for (int i = 0; i < rest; ++i) ones[i] = 1.F;
  Vec totals[lanes] = {};
  for (int pixel = 0; pixel < count; ++pixel) {
    const float* from = x + std::ptrdiff_t{pixel} * channels;
    Vec total = {};
    for (int c = 0; c < whole; c += lanes) total += load(from + c);
    if (rest > 0) total += load_some(from + whole, rest);
    totals[pixel] = total;
  }
  float means[lanes];
  store(means, sum_each(totals) * share);
  Vec squares[lanes] = {};
  for (int pixel = 0; pixel < count; ++pixel) {
    const float* from = x + std::ptrdiff_t{pixel} * channels;
    const Vec mean = broadcast(means[pixel]);
    Vec sum_of = {};
    for (int c = 0; c < whole; c += lanes) {
      const Vec d = load(from + c) - mean;
      sum_of += d * d;
    }
    if (rest > 0) {
      const Vec d = (load_some(from + whole, rest) - mean) * ones;
      sum_of += d * d;
    }
    squares[pixel] = sum_of;
  }
  store(norms.scale, 1.F / square_root(sum_each(squares) * share + 1e-5F));
  store(norms.centre, weights.centred ? load(means) : Vec{});
}

/// The norm over channels of each pixel, as words.
template <class Operand>
inline void normalise(const HalfBlock& weights, const float* x, int pixels, float* words, std::ptrdiff_t stride) {
  const int channels = weights.channels;
  const int whole = channels / lanes * lanes;
  const int rest = channels - whole;
  for (int first = 0; first < pixels; first += lanes) {
    const int count = pixels - first < lanes ? pixels - first : lanes;
    Norms norms;
    find_norms(weights, x, count, norms);
    for (int pixel = 0; pixel < count; ++pixel, x += channels, words += stride) {
      const Vec centre = broadcast(norms.centre[pixel]);
      const Vec scale = broadcast(norms.scale[pixel]);
      const auto put = [&](int c, Vec v) {
        const Vec normed = (v - centre) * scale * load(weights.norm_weight + c) + load(weights.norm_bias + c);
        Operand::store_words(words + c / Operand::per_word, normed);
      };
      for (int c = 0; c < whole; c += lanes) put(c, load(x + c));
      if (rest > 0) put(whole, load_some(x + whole, rest));
    }
  }
}

/// The depthwise filter of one vector of channels along a row: put(pixel, values) for every pixel, and some beyond.
template <class Put>
inline void filter(const float* const (&rows)[3], const float* taps, const float* bias, int pixels, const Put& put) {
  constexpr int at_once = HalfBlockLayout::filtered_at_once;
  Vec tap[9];
#pragma GCC unroll 9
  for (int i = 0; i < 9; ++i) tap[i] = load(taps + i * lanes);
  for (int pixel = 0; pixel < pixels; pixel += at_once) {
    Vec sums[at_once];
#pragma GCC unroll 4
    for (Vec& sum : sums) sum = load(bias);
#pragma GCC unroll 3
    for (int row = 0; row < 3; ++row) {
#pragma GCC unroll 6
      for (int column = 0; column < at_once + 2; ++column) {
        const Vec value = load(rows[row] + std::ptrdiff_t{pixel + column} * lanes);
#pragma GCC unroll 4
        for (int p = 0; p < at_once; ++p) {
          if (column - p >= 0 && column - p < 3) sums[p] = value * tap[row * 3 + column - p] + sums[p];
        }
      }
    }
#pragma GCC unroll 4
    for (int p = 0; p < at_once; ++p) put(pixel + p, sums[p]);
  }
}

/// Norm and expansion of row y into `slot`; rows and columns outside the image are zero, as the filter's padding.
template <class Operand>
inline void expand_row(const HalfBlock& weights, const HalfBlockLayout& layout, const float* x, Size size, int y,
                       const Part& part, float* slot, float* normed) {
  const int columns = part.column_end - part.column_begin + 2;  // the first is that left of the part
  const int first = part.column_begin == 0 ? 1 : 0;
  const int last = columns - (part.column_end == size.width ? 1 : 0);
  const auto clear = [&](int column) {
    for (int v = 0; v < weights.expand.vectors; ++v)
      store(slot + (std::ptrdiff_t{v} * layout.width + column) * lanes, Vec{});
  };
  if (y < 0 || y >= size.height) {
    std::memset(slot, 0, layout.slot * sizeof(float));
    return;
  }
  const float* from = x + (std::ptrdiff_t{y} * size.width + part.column_begin - 1 + first) * weights.channels;
  normalise<Operand>(weights, from, last - first, normed + first * layout.normed_stride, layout.normed_stride);
  const float* const rows[1] = {normed};
  multiply<Operand>(weights.expand, rows, layout.normed_stride, columns,
                    Into{.first = slot, .pixel_step = lanes, .vector_step = std::ptrdiff_t{layout.width} * lanes});
  if (first == 1) clear(0);
  if (last < columns) clear(last);
}

/// The rows of the ring through the filter of one vector of channels.
template <class Put>
inline void filter_plane(const HalfBlock& weights, const HalfBlockLayout& layout, const float* const (&ring)[3],
                         int vector, int pixels, const Put& put) {
  const std::ptrdiff_t plane = std::ptrdiff_t{vector} * layout.width * lanes;
  const float* const rows[3] = {ring[0] + plane, ring[1] + plane, ring[2] + plane};
  filter(rows, weights.filters + std::ptrdiff_t{vector} * 9 * lanes, weights.filter_bias + vector * lanes, pixels, put);
}

/// All of the ring through the filters, and through the gate where there is one, as words.
template <class Operand>
inline void filter_row(const HalfBlock& weights, const HalfBlockLayout& layout, const float* const (&ring)[3],
                       int pixels, float* gate, float* middle) {
  const auto words = [&](int vector, int pixel) {
    return middle + pixel * layout.middle_stride + vector * lanes / Operand::per_word;
  };
  if (!weights.gated) {
    for (int v = 0; v < weights.expand.vectors; ++v) {
      filter_plane(weights, layout, ring, v, pixels,
                   [&](int pixel, Vec values) { Operand::store_words(words(v, pixel), values); });
    }
    return;
  }
  for (int v = 0; v < weights.expand.vectors / 2; ++v) {
    filter_plane(weights, layout, ring, 2 * v, pixels,
                 [&](int pixel, Vec values) { store(gate + std::ptrdiff_t{pixel} * lanes, gelu(values)); });
    filter_plane(weights, layout, ring, 2 * v + 1, pixels, [&](int pixel, Vec values) {
      Operand::store_words(words(v, pixel), load(gate + std::ptrdiff_t{pixel} * lanes) * values);
    });
  }
}

/// y = x + the projection of a row.
template <class Operand>
inline void project_row(const HalfBlock& weights, const HalfBlockLayout& layout, const float* middle, const float* x,
                        float* y, int pixels) {
  const float* const rows[1] = {middle};
  multiply<Operand>(weights.project, rows, layout.middle_stride, pixels,
                    Onto{.x = x, .y = y, .channels = weights.channels, .pixels = pixels});
}

template <class Operand>
void half_block(const HalfBlock& weights, const float* x, float* y, Size size, Part part, float* scratch) {
  const int columns = part.column_end - part.column_begin;
  const HalfBlockLayout layout(weights, columns, Operand::per_word);
  const auto slot = [&](int row) { return scratch + (row + 3) % 3 * layout.slot; };
  for (int row = part.row_begin - 1; row <= part.row_end; ++row) {
    expand_row<Operand>(weights, layout, x, size, row, part, slot(row), scratch + layout.normed);
    const int out = row - 1;
    if (out < part.row_begin) continue;
    const float* const ring[3] = {slot(out - 1), slot(out), slot(out + 1)};
    filter_row<Operand>(weights, layout, ring, columns, scratch + layout.gate, scratch + layout.middle);
    const std::ptrdiff_t at = (std::ptrdiff_t{out} * size.width + part.column_begin) * weights.channels;
    project_row<Operand>(weights, layout, scratch + layout.middle, x + at, y + at, columns);
  }
}

template <class Operand>
std::size_t half_block_scratch(const HalfBlock& weights, Part part) {
  return HalfBlockLayout(weights, part.column_end - part.column_begin, Operand::per_word).floats;
}

}  // namespace
}  // namespace hdrtile::kernels
