#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "hdrtile/enhance.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

/// What one output pixel is made of along one axis: source pixels first, first + 1, ... by weights that sum to 1.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

/// The share of each source pixel in the area an output pixel covers.
Taps area_taps(int to, int index, int from) {
  const double ratio = static_cast<double>(from) / to;
  const double begin = index * ratio;
  const double end = std::min(begin + ratio, static_cast<double>(from));
  Taps taps{.first = static_cast<int>(begin), .weights = {}};
  for (int i = taps.first; i < end; ++i) {
    taps.weights.push_back((std::min(i + 1.0, end) - std::max(static_cast<double>(i), begin)) / (end - begin));
  }
  return taps;
}

Taps linear_taps(int to, int index, int from) {
  const double centre = std::clamp((index + 0.5) * from / to - 0.5, 0.0, from - 1.0);
  const int first = std::min(static_cast<int>(centre), std::max(from - 2, 0));
  const double share = centre - first;
  return from == 1 ? Taps{.first = 0, .weights = {1.0}} : Taps{.first = first, .weights = {1 - share, share}};
}

std::vector<Taps> axis_taps(int from, int to) {
  std::vector<Taps> taps;
  taps.reserve(to);
  for (int i = 0; i < to; ++i) taps.push_back(to < from ? area_taps(to, i, from) : linear_taps(to, i, from));
  return taps;
}

/// Source rows at the preview's width. Neighbouring output rows share at most their border rows: the last one is kept.
class NarrowRows {
 public:
  NarrowRows(const Image& photo, int width)
      : photo_(photo),
        columns_(axis_taps(photo.width(), width)),
        wide_(static_cast<std::size_t>(photo.width()) * 3),
        narrow_(static_cast<std::size_t>(width) * 3) {}

  const std::vector<double>& row(int y) {
    if (y == held_) return narrow_;
    held_ = y;
    read_row(photo_, y, 0, photo_.width(), wide_.data());
    for (float& value : wide_) value = std::clamp(value, 0.0F, 1.0F);
    double* out = narrow_.data();
    for (const Taps& taps : columns_) {
      const float* in = wide_.data() + static_cast<std::size_t>(taps.first) * 3;
      double red = 0;
      double green = 0;
      double blue = 0;
      for (const double weight : taps.weights) {
        red += weight * in[0];
        green += weight * in[1];
        blue += weight * in[2];
        in += 3;
      }
      *out++ = red;
      *out++ = green;
      *out++ = blue;
    }
    return narrow_;
  }

 private:
  const Image& photo_;
  std::vector<Taps> columns_;
  std::vector<float> wide_;
  std::vector<double> narrow_;
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
  NarrowRows rows(photo, preview.size.width);
  const std::vector<Taps> taps = axis_taps(photo.height(), preview.size.height);
  std::vector<double> sum(static_cast<std::size_t>(preview.size.width) * 3);
  float* out = preview.pixels.data();
  for (const Taps& row : taps) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (std::size_t i = 0; i < row.weights.size(); ++i) {
      const std::vector<double>& narrow = rows.row(row.first + static_cast<int>(i));
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += row.weights[i] * narrow[j];
    }
    for (std::size_t j = 0; j < sum.size(); ++j) out[plane * (j % 3) + j / 3] = static_cast<float>(sum[j]);
    out += preview.size.width;
  }
  return preview;
}

}  // namespace hdrtile
