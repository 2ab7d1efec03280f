#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hdrtile/enhance.h"
#include "hdrtile/error.h"
#include "vector_clones.h"

namespace hdrtile {
namespace {

/// What one output pixel is made of along one axis: source pixels first, first + 1, ... by weights that sum to 1.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

/// The share of each source pixel in the area an output pixel covers.
Taps area_taps(int to, int index, int from) {
  const double ratio = static_cast<double>(from) / to;
  const double begin = index * ratio;
  const double end = std::min(begin + ratio, static_cast<double>(from));
  Taps taps{.first = static_cast<int>(begin), .weights = {}};
  for (int i = taps.first; i < end; ++i) {
    const double covered = std::min(i + 1.0, end) - std::max(static_cast<double>(i), begin);
    taps.weights.push_back(static_cast<float>(covered / (end - begin)));
  }
  return taps;
}

Taps linear_taps(int to, int index, int from) {
  const double centre = std::clamp((index + 0.5) * from / to - 0.5, 0.0, from - 1.0);
  const int first = std::min(static_cast<int>(centre), std::max(from - 2, 0));
  const auto share = static_cast<float>(centre - first);
  return from == 1 ? Taps{.first = 0, .weights = {1.0F}} : Taps{.first = first, .weights = {1 - share, share}};
}

std::vector<Taps> axis_taps(int from, int to) {
  std::vector<Taps> taps;
  taps.reserve(to);
  for (int i = 0; i < to; ++i) taps.push_back(to < from ? area_taps(to, i, from) : linear_taps(to, i, from));
  return taps;
}

/// sum += weight * row, the row's values within [0, 1].
HDRTILE_VECTOR_CLONES
void add_clamped(const float* row, float weight, std::size_t count, float* sum) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * std::min(std::max(row[i], 0.0F), 1.0F);
}

/// The same of bytes, which stand for [0, 1], without making a row of floats of them first.
HDRTILE_VECTOR_CLONES
void add_bytes(const std::uint8_t* row, float weight, std::size_t count, float* sum) {
  const float share = weight / 255.0F;
  for (std::size_t i = 0; i < count; ++i) sum[i] += share * static_cast<float>(row[i]);
}

/// Rows of the preview's height at the photo's width: down first, for that runs in whole vectors and leaves few rows to
/// go through by columns. Neighbours share at most their border row: the last one read is kept.
class LowRows {
 public:
  explicit LowRows(const Image& photo)
      : photo_(photo), read_(static_cast<std::size_t>(photo.width()) * 3), sum_(read_.size()) {}

  const std::vector<float>& of(const Taps& taps) {
    std::fill(sum_.begin(), sum_.end(), 0.0F);
    for (std::size_t i = 0; i < taps.weights.size(); ++i) {
      add(taps.first + static_cast<int>(i), taps.weights[i]);
    }
    return sum_;
  }

 private:
  void add(int y, float weight) {
    if (photo_.depth() == Depth::u8) return add_bytes(photo_.row<std::uint8_t>(y), weight, sum_.size(), sum_.data());
    if (y != held_) read_row(photo_, y, 0, photo_.width(), read_.data());
    held_ = y;
    add_clamped(read_.data(), weight, sum_.size(), sum_.data());
  }

  const Image& photo_;
  std::vector<float> read_, sum_;
  int held_ = -1;
};

Size preview_size(Size photo, int long_side) {
  const int longest = std::max(photo.width, photo.height);
  const auto scaled = [&](int side) {
    return std::max(static_cast<int>(std::lround(static_cast<double>(side) * long_side / longest)), 1);
  };
  return {.width = scaled(photo.width), .height = scaled(photo.height)};
}

}  // namespace

Preview make_preview(const Image& photo, int long_side) {
  if (long_side < 1) {
    throw Error(ErrorCode::model, "a contextual model must state context_px, the long side of its preview; it states " +
                                      std::to_string(long_side));
  }
  Preview preview{.size = preview_size(photo.size(), long_side), .pixels = {}};
  const std::size_t plane = static_cast<std::size_t>(preview.size.width) * preview.size.height;
  preview.pixels.resize(3 * plane);
  LowRows rows(photo);
  const std::vector<Taps> columns = axis_taps(photo.width(), preview.size.width);
  float* out = preview.pixels.data();
  for (const Taps& row : axis_taps(photo.height(), preview.size.height)) {
    const std::vector<float>& low = rows.of(row);
    for (const Taps& taps : columns) {
      const float* in = low.data() + static_cast<std::size_t>(taps.first) * 3;
      float red = 0;
      float green = 0;
      float blue = 0;
      for (const float weight : taps.weights) {
        red += weight * in[0];
        green += weight * in[1];
        blue += weight * in[2];
        in += 3;
      }
      out[0] = red;
      out[plane] = green;
      out[2 * plane] = blue;
      ++out;
    }
  }
  return preview;
}

}  // namespace hdrtile
