#include "matrix_curves.h"

#include <algorithm>
#include <cstddef>

#include "../core/vector_clones.h"
#include "srgb_curve.h"

namespace hdrtile {
namespace {

std::array<float, 9> in_single(const MatrixCurves::Matrix& matrix) {
  std::array<float, 9> single{};
  std::transform(matrix.begin(), matrix.end(), single.begin(), [](double value) { return static_cast<float>(value); });
  return single;
}

inline float times(const float* row, float r, float g, float b) { return row[0] * r + row[1] * g + row[2] * b; }

template <typename T>
inline void light_of_all(const T* __restrict in, const float* __restrict red, const float* __restrict green,
                         const float* __restrict blue, const float* __restrict matrix, float* __restrict out,
                         int pixels) {
  for (std::ptrdiff_t i = 0; i < pixels; ++i) {
    const float r = red[in[3 * i]];
    const float g = green[in[3 * i + 1]];
    const float b = blue[in[3 * i + 2]];
    out[3 * i] = times(matrix, r, g, b);
    out[3 * i + 1] = times(matrix + 3, r, g, b);
    out[3 * i + 2] = times(matrix + 6, r, g, b);
  }
}

// Clones that the processor chooses from take no templates.
HDRTILE_VECTOR_CLONES void light_of(const std::uint8_t* in, const float* red, const float* green, const float* blue,
                                    const float* matrix, float* out, int pixels) {
  light_of_all(in, red, green, blue, matrix, out, pixels);
}
HDRTILE_VECTOR_CLONES void light_of(const std::uint16_t* in, const float* red, const float* green, const float* blue,
                                    const float* matrix, float* out, int pixels) {
  light_of_all(in, red, green, blue, matrix, out, pixels);
}

/// In place, of light.
HDRTILE_VECTOR_CLONES void samples_of(FloatCurve::View red, FloatCurve::View green, FloatCurve::View blue,
                                      const float* __restrict matrix, float* __restrict values, int pixels) {
  for (std::ptrdiff_t i = 0; i < pixels; ++i) {
    const float r = values[3 * i];
    const float g = values[3 * i + 1];
    const float b = values[3 * i + 2];
    values[3 * i] = red(times(matrix, r, g, b));
    values[3 * i + 1] = green(times(matrix + 3, r, g, b));
    values[3 * i + 2] = blue(times(matrix + 6, r, g, b));
  }
}

}  // namespace

MatrixToSrgb::MatrixToSrgb(const MatrixCurves& profile, Depth depth) : matrix_(in_single(profile.to_srgb)) {
  const int most = depth == Depth::u8 ? 255 : 65535;
  for (int c = 0; c < 3; ++c) {
    light_[c].resize(most + 1);
    for (int i = 0; i <= most; ++i) {
      light_[c][i] = profile.to_light[c](static_cast<float>(i) / static_cast<float>(most));
    }
  }
}

void MatrixToSrgb::convert(const Image& native, int y, float* srgb) const {
  const auto row = [&](auto* samples) {
    light_of(samples, light_[0].data(), light_[1].data(), light_[2].data(), matrix_.data(), srgb, native.width());
  };
  if (native.depth() == Depth::u8) {
    row(native.row<std::uint8_t>(y));
  } else {
    row(native.row<std::uint16_t>(y));
  }
  encode_srgb(srgb, std::size_t{3} * native.width());
}

MatrixFromSrgb::MatrixFromSrgb(const MatrixCurves& profile) : matrix_(in_single(profile.from_srgb)) {
  for (const auto& curve : profile.to_sample) to_sample_.emplace_back(curve);
}

void MatrixFromSrgb::convert(const float* srgb, float* native, int pixels) const {
  std::copy_n(srgb, std::size_t{3} * pixels, native);
  decode_srgb(native, std::size_t{3} * pixels);
  samples_of(to_sample_[0].view(), to_sample_[1].view(), to_sample_[2].view(), matrix_.data(), native, pixels);
}

}  // namespace hdrtile
