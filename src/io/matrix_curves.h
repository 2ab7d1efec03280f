#pragma once

#include <array>
#include <functional>
#include <vector>

#include "float_curve.h"
#include "hdrtile/image.h"

namespace hdrtile {

/// What an RGB profile of three curves and a matrix says.
struct MatrixCurves {
  using Curve = std::function<float(float)>;
  using Matrix = std::array<double, 9>;  // row by row

  std::array<Curve, 3> to_light;   // of samples in [0, 1]
  std::array<Curve, 3> to_sample;  // and back
  Matrix to_srgb{};                // light of the profile's primaries to that of sRGB's
  Matrix from_srgb{};
};

/// Samples to sRGB, row by row: a table for every value a sample can have, and the matrix.
class MatrixToSrgb {
 public:
  /// `depth` is u8 or u16.
  MatrixToSrgb(const MatrixCurves& profile, Depth depth);

  /// Row y of `native`, which has the depth and three channels.
  void convert(const Image& native, int y, float* srgb) const;

 private:
  std::array<std::vector<float>, 3> light_;
  std::array<float, 9> matrix_{};
};

/// sRGB to samples, as floats.
class MatrixFromSrgb {
 public:
  explicit MatrixFromSrgb(const MatrixCurves& profile);

  void convert(const float* srgb, float* native, int pixels) const;

 private:
  std::vector<FloatCurve> to_sample_;
  std::array<float, 9> matrix_{};
};

}  // namespace hdrtile
