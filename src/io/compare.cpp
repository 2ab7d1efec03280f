#include "hdrtile/compare.h"

#include <lcms2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr int window = 11;
constexpr int margin = window / 2;
constexpr double sigma = 1.5;
constexpr int band_rows = 128;  // memory stays that of a band

double linear(double value) {
  const double size = std::abs(value);
  return std::copysign(size <= 0.04045 ? size / 12.92 : std::pow((size + 0.055) / 1.055, 2.4), value);
}

/// CIE Lab of an sRGB colour against sRGB's own white, D65.
cmsCIELab to_lab(const float* rgb) {
  const double r = linear(rgb[0]);
  const double g = linear(rgb[1]);
  const double b = linear(rgb[2]);
  const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
  const double x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const double y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
  const double z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  return {.L = 116 * y - 16, .a = 500 * (x - y), .b = 200 * (y - z)};
}

/// Sums of what is counted pixel by pixel.
class PixelSums {
 public:
  void add_row(const float* a, const float* b, int width) {
    for (int x = 0; x < width; ++x, a += 3, b += 3) {
      if (std::equal(a, a + 3, b)) continue;
      add_samples(a, b, 3);
      const cmsCIELab lab_a = to_lab(a);
      const cmsCIELab lab_b = to_lab(b);
      const double delta_e = cmsCIE2000DeltaE(&lab_a, &lab_b, 1, 1, 1);
      delta_e_ += delta_e;
      delta_e_max_ = std::max(delta_e_max_, delta_e);
    }
  }

  void add_samples(const float* a, const float* b, int count) {
    for (int i = 0; i < count; ++i) {
      const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
      squares_ += difference * difference;
      max_difference_ = std::max(max_difference_, difference);
    }
  }

  void put(Comparison& comparison, double pixels, int channels) const {
    comparison.psnr_db =
        squares_ == 0 ? std::numeric_limits<double>::infinity() : -10 * std::log10(squares_ / (channels * pixels));
    comparison.delta_e_mean = delta_e_ / pixels;
    comparison.delta_e_max = delta_e_max_;
    comparison.max_difference = max_difference_;
  }

 private:
  double squares_ = 0;
  double delta_e_ = 0;
  double delta_e_max_ = 0;
  double max_difference_ = 0;
};

/// Photos without alpha are opaque.
void add_alpha(PixelSums& sums, const Image& a, const Image& b, Size size) {
  std::vector<float> row_a(size.width, 1.0F);
  std::vector<float> row_b(size.width, 1.0F);
  for (int y = 0; y < size.height; ++y) {
    if (!a.empty()) read_row(a, y, 0, size.width, row_a.data());
    if (!b.empty()) read_row(b, y, 0, size.width, row_b.data());
    sums.add_samples(row_a.data(), row_b.data(), size.width);
  }
}

/// SSIM at every pixel of two luma bands.
cv::Mat ssim_map(const cv::Mat& a, const cv::Mat& b) {
  constexpr double c1 = 0.01 * 0.01;
  constexpr double c2 = 0.03 * 0.03;
  const auto mean = [](const cv::Mat& values) {
    cv::Mat blurred;
    cv::GaussianBlur(values, blurred, {window, window}, sigma, sigma, cv::BORDER_REFLECT_101);
    return blurred;
  };
  const cv::Mat mean_a = mean(a);
  const cv::Mat mean_b = mean(b);
  const cv::Mat mean_aa = mean_a.mul(mean_a);
  const cv::Mat mean_bb = mean_b.mul(mean_b);
  const cv::Mat mean_ab = mean_a.mul(mean_b);
  const cv::Mat variance_a = mean(a.mul(a)) - mean_aa;
  const cv::Mat variance_b = mean(b.mul(b)) - mean_bb;
  const cv::Mat covariance = mean(a.mul(b)) - mean_ab;
  const cv::Mat above = cv::Mat(2 * mean_ab + c1).mul(cv::Mat(2 * covariance + c2));
  const cv::Mat below = cv::Mat(mean_aa + mean_bb + c1).mul(cv::Mat(variance_a + variance_b + c2));
  return above / below;
}

void to_luma(const float* rgb, double* luma, int width) {
  for (int x = 0; x < width; ++x, rgb += 3) luma[x] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

/// Rows [first, end) that a band's SSIM is counted over. Borders narrower than the window are left out, as in the
/// paper, unless nothing would be left.
struct Range {
  int first;
  int end;
};
Range counted(int length) { return length >= window ? Range{margin, length - margin} : Range{0, length}; }

}  // namespace

Comparison compare_photos(const Photo& a, const Photo& b) {
  const Size size = a.pixels.size();
  if (size != b.pixels.size()) {
    const auto named = [](Size s) { return std::to_string(s.width) + " x " + std::to_string(s.height); };
    throw Error(ErrorCode::usage, "photos of different sizes cannot be compared: " + named(size) + " and " +
                                      named(b.pixels.size()) + " pixels");
  }
  PixelSums sums;
  double ssim = 0;
  const Range columns = counted(size.width);
  const Range rows = counted(size.height);
  std::array<std::vector<float>, 2> rgb;
  for (auto& row : rgb) row.resize(3 * static_cast<std::size_t>(size.width));

  for (int first = 0; first < size.height; first += band_rows) {
    const int end = std::min(first + band_rows, size.height);
    // The windows of the band's first and last rows reach beyond it.
    const int top = std::max(0, first - margin);
    const int bottom = std::min(size.height, end + margin);
    std::array<cv::Mat, 2> luma;
    for (auto& band : luma) band.create(bottom - top, size.width, CV_64F);
    for (int y = top; y < bottom; ++y) {
      read_row(a.pixels, y, 0, size.width, rgb[0].data());
      read_row(b.pixels, y, 0, size.width, rgb[1].data());
      for (int i = 0; i < 2; ++i) to_luma(rgb[i].data(), luma[i].ptr<double>(y - top), size.width);
      if (y >= first && y < end) sums.add_row(rgb[0].data(), rgb[1].data(), size.width);
    }
    const Range band{std::max(first, rows.first), std::min(end, rows.end)};
    if (band.first >= band.end) continue;
    const cv::Mat map = ssim_map(luma[0], luma[1]);
    ssim += cv::sum(map(cv::Range(band.first - top, band.end - top), cv::Range(columns.first, columns.end)))[0];
  }

  const bool has_alpha = !a.alpha.empty() || !b.alpha.empty();
  if (has_alpha) add_alpha(sums, a.alpha, b.alpha, size);
  Comparison comparison;
  sums.put(comparison, static_cast<double>(size.width) * size.height, has_alpha ? 4 : 3);
  comparison.ssim = ssim / (static_cast<double>(columns.end - columns.first) * (rows.end - rows.first));
  return comparison;
}

}  // namespace hdrtile
