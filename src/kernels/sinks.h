#pragma once

#include "simd.h"

namespace hdrtile::kernels {
namespace {

/// Where a product's sums go, a vector of outputs of a pixel at a time: written into a picture, ...
struct Into {
  float* first;
  std::ptrdiff_t pixel_step, vector_step;  // floats

  [[nodiscard]] float* at(int vector, int pixel) const { return first + vector * vector_step + pixel * pixel_step; }
  void operator()(int vector, int pixel, Vec sums) const { store(at(vector, pixel), sums); }
};

/// ... or added to one: y = x + sums, both [pixels][channels]; what is beyond either is left out.
struct Onto {
  const float* x;
  float* y;
  int channels, pixels;

  [[nodiscard]] std::ptrdiff_t index(int vector, int pixel) const {
    return std::ptrdiff_t{pixel} * channels + vector * lanes;
  }
  /// Of x; zero beyond it.
  [[nodiscard]] Vec read(int vector, int pixel) const {
    if (pixel >= pixels) return Vec{};
    const int rest = channels - vector * lanes;
    const float* from = x + index(vector, pixel);
    return rest >= lanes ? load(from) : load_some(from, rest);
  }
  void write(int vector, int pixel, Vec values) const {
    if (pixel >= pixels) return;
    const int rest = channels - vector * lanes;
    float* to = y + index(vector, pixel);
    if (rest >= lanes) {
      store(to, values);
    } else {
      store_some(to, values, rest);
    }
  }
  void operator()(int vector, int pixel, Vec sums) const { write(vector, pixel, read(vector, pixel) + sums); }
};

}  // namespace
}  // namespace hdrtile::kernels
