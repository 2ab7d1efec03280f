#include <algorithm>
#include <array>
#include <bit>
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>

#include "hdrtile/bracket.h"
#include "hdrtile/error.h"
#include "mat_view.h"
#include "resample.h"
#include "samples.h"

namespace hdrtile {
namespace {

constexpr int sketch_side = 512;
constexpr double most_disagreement = 0.25;  // of a bitmap; chance gives a half
constexpr float ghost_threshold = 0.12F;    // of the range of values, once exposures are made alike
constexpr double most_ghosts = 0.35;        // of the picture: beyond, the exposure as a whole does not fit

/// Ward's aligner for photos of a size: shifts of up to 63 pixels, and less where the coarsest picture would say
/// nothing.
cv::Ptr<cv::AlignMTB> aligner(Size size) {
  constexpr int least_side = 8;   // of the coarsest
  constexpr int near_median = 8;  // levels that say nothing: noise decides them
  const auto coarsening = static_cast<unsigned>(std::max(1, std::min(size.width, size.height) / least_side));
  return cv::createAlignMTB(std::clamp(static_cast<int>(std::bit_width(coarsening)) - 1, 1, 6), near_median, false);
}

cv::Mat grey_8bit(const Photo& photo) {
  const Image narrow = photo.pixels.depth() == Depth::u8 ? Image() : to_depth(photo.pixels, Depth::u8);
  cv::Mat grey;
  cv::cvtColor(mat_view(narrow.empty() ? photo.pixels : narrow), grey, cv::COLOR_RGB2GRAY);
  return grey;
}

/// The picture moved by whole pixels; its border repeats where nothing is known.
cv::Mat shifted(const cv::Mat& picture, cv::Point shift) {
  if (shift == cv::Point()) return picture;
  const cv::Matx23d move(1, 0, shift.x, 0, 1, shift.y);
  cv::Mat moved;
  cv::warpAffine(picture, moved, move, picture.size(), cv::INTER_NEAREST, cv::BORDER_REPLICATE);
  return moved;
}

/// Share of pixels on different sides of their photos' medians, those near a median aside.
double disagreement(const cv::Mat& a, const cv::Mat& b, const cv::Ptr<cv::AlignMTB>& mtb) {
  cv::Mat bits_a;
  cv::Mat clear_a;
  cv::Mat bits_b;
  cv::Mat clear_b;
  mtb->computeBitmaps(a, bits_a, clear_a);
  mtb->computeBitmaps(b, bits_b, clear_b);
  const cv::Mat clear = clear_a & clear_b;
  const int counted = cv::countNonZero(clear);
  return counted == 0 ? 1 : static_cast<double>(cv::countNonZero((bits_a ^ bits_b) & clear)) / counted;
}

/// The tone curve, level by level, that gives one picture the histogram of another (M. Grossberg, S. Nayar, Determining
/// the Camera Response from Images: What Is Knowable?, 2003): motion hardly changes a histogram.
std::array<float, 256> tone_between(const cv::Mat& from, const cv::Mat& to) {
  const auto cumulative = [](const cv::Mat& channel) {
    std::array<double, 256> sums{};
    for (int y = 0; y < channel.rows; ++y) {
      const auto* row = channel.ptr<std::uint8_t>(y);
      for (int x = 0; x < channel.cols; ++x) ++sums[row[x]];
    }
    for (std::size_t i = 1; i < sums.size(); ++i) sums[i] += sums[i - 1];
    return sums;
  };
  const auto source = cumulative(from);
  const auto target = cumulative(to);
  std::array<float, 256> tone{};
  std::size_t level = 0;
  for (std::size_t i = 0; i < tone.size(); ++i) {
    const double middle = (source[i] + (i > 0 ? source[i - 1] : 0)) / 2;
    while (level < 255 && target[level] < middle) ++level;
    tone[i] = static_cast<float>(level) / 255;
  }
  return tone;
}

/// Float values in [0, 1] through a tone curve, linear between its levels.
cv::Mat apply_tone(const cv::Mat& values, const std::array<float, 256>& tone) {
  cv::Mat out(values.size(), CV_32F);
  for (int y = 0; y < values.rows; ++y) {
    const auto* in = values.ptr<float>(y);
    auto* row = out.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) {
      const float place = std::clamp(in[x], 0.0F, 1.0F) * 255;
      const auto level = std::min<std::size_t>(static_cast<std::size_t>(place), 254);
      const float share = place - static_cast<float>(level);
      row[x] = tone[level] + share * (tone[level + 1] - tone[level]);
    }
  }
  return out;
}

/// The middle exposure with the tones of another, channel by channel.
cv::Mat like(const cv::Mat& middle, const cv::Mat& other) {
  const auto split_8bit = [](const cv::Mat& picture) {
    cv::Mat narrow;
    picture.convertTo(narrow, CV_8U, 255);
    std::vector<cv::Mat> channels;
    cv::split(narrow, channels);
    return channels;
  };
  const auto from = split_8bit(middle);
  const auto to = split_8bit(other);
  std::vector<cv::Mat> channels;
  cv::split(middle, channels);
  for (int c = 0; c < 3; ++c) channels[c] = apply_tone(channels[c], tone_between(from[c], to[c]));
  cv::Mat made;
  cv::merge(channels, made);
  return made;
}

/// 1 where an exposure shows something else than what the middle one makes expected, soft at the rim. Where the middle
/// one is clipped it expects nothing.
cv::Mat ghosts(const cv::Mat& middle, const cv::Mat& expected, const cv::Mat& found) {
  cv::Mat difference = cv::abs(expected - found);
  cv::Mat smooth;
  cv::GaussianBlur(difference, smooth, {}, 1.5);
  std::vector<cv::Mat> channels;
  cv::split(smooth, channels);
  const cv::Mat largest = cv::max(cv::max(channels[0], channels[1]), channels[2]);
  cv::Mat grey;
  cv::cvtColor(middle, grey, cv::COLOR_RGB2GRAY);
  cv::Mat mask = (largest > ghost_threshold) & (grey > 0.04) & (grey < 0.96);
  const cv::Mat spot = cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5});
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, spot);  // edges half a pixel off are no ghosts
  cv::dilate(mask, mask, cv::getStructuringElement(cv::MORPH_ELLIPSE, {21, 21}));
  cv::Mat soft;
  mask.convertTo(soft, CV_32F, 1.0 / 255);
  cv::GaussianBlur(soft, soft, {}, 4);
  return soft;
}

cv::Mat as_float(const Image& pixels) {
  const Image wide = pixels.depth() == Depth::f32 ? Image() : to_depth(pixels, Depth::f32);
  return mat_view(wide.empty() ? pixels : wide).clone();
}

/// An exposure moved over the middle one, and what does not agree with it there.
struct Placed {
  cv::Mat picture;
  cv::Mat expected;
  cv::Mat moved;
  double misfit = 1;
};

Placed place(const cv::Mat& picture, cv::Point shift, const cv::Mat& middle) {
  Placed placed;
  placed.picture = shifted(picture, shift);
  placed.expected = like(middle, placed.picture);
  placed.moved = ghosts(middle, placed.expected, placed.picture);
  placed.misfit = cv::mean(placed.moved)[0];
  return placed;
}

/// An exposure that fits the middle one: aligned, what has moved replaced. Empty when it does not fit.
cv::Mat fitted(const Photo& photo, const cv::Mat& middle_grey, const cv::Mat& middle,
               const cv::Ptr<cv::AlignMTB>& mtb) {
  const cv::Mat picture = as_float(photo.pixels);
  const cv::Point shift = mtb->calculateShift(middle_grey, grey_8bit(photo));
  Placed best = place(picture, shift, middle);
  // A median in what is clipped misleads the bitmaps: then a tripod is the better guess.
  if (shift != cv::Point() && best.misfit > 0) {
    Placed still = place(picture, {}, middle);
    if (still.misfit < best.misfit) best = std::move(still);
  }
  if (best.misfit > most_ghosts) return {};
  cv::Mat share;
  cv::merge(std::vector<cv::Mat>(3, best.moved), share);
  return best.picture + share.mul(cv::Mat(best.expected - best.picture));
}

}  // namespace

Image scene_sketch(const Photo& photo) {
  Image sketch(fit_within(photo.pixels.size(), sketch_side), Depth::u8, 1);
  const Image small = resized(photo.pixels, sketch.size());
  const Image narrow = to_depth(small, Depth::u8);
  cv::Mat grey = mat_view(sketch);
  cv::cvtColor(mat_view(narrow), grey, cv::COLOR_RGB2GRAY);
  return sketch;
}

bool show_same_scene(std::span<const Image> sketches) {
  if (sketches.empty()) return true;
  const auto mtb = aligner(sketches[0].size());
  for (std::size_t i = 1; i < sketches.size(); ++i) {
    if (sketches[i].size() != sketches[0].size()) return false;
    const cv::Mat first = mat_view(sketches[0]);
    const cv::Mat other = mat_view(sketches[i]);
    if (disagreement(first, shifted(other, mtb->calculateShift(first, other)), mtb) > most_disagreement) return false;
  }
  return true;
}

Photo fuse_bracket(std::vector<Photo> exposures, std::size_t middle) {
  const auto mtb = aligner(exposures.at(middle).pixels.size());
  const cv::Mat middle_grey = grey_8bit(exposures.at(middle));
  const cv::Mat reference = as_float(exposures[middle].pixels);
  std::vector<cv::Mat> pictures;
  std::size_t unfit = 0;
  for (std::size_t i = 0; i < exposures.size(); ++i) {
    if (exposures[i].pixels.size() != exposures[middle].pixels.size())
      throw Error(ErrorCode::usage, "exposures of different sizes cannot be fused");
    cv::Mat picture = i == middle ? reference : fitted(exposures[i], middle_grey, reference, mtb);
    if (picture.empty()) {
      ++unfit;
    } else {
      pictures.push_back(picture * 255);  // as MergeMertens counts
    }
    if (i != middle) exposures[i] = {};
  }
  Photo result = std::move(exposures[middle]);
  if (unfit > 0)
    result.warnings.push_back(std::to_string(unfit) +
                              " exposures of the bracket do not fit its middle one and were left out");
  if (pictures.size() == 1) return result;
  cv::Mat fused;
  cv::createMergeMertens()->process(pictures, fused);
  Image pixels(result.pixels.size(), result.pixels.depth());
  for (int y = 0; y < pixels.height(); ++y) write_row(pixels, y, 0, pixels.width(), fused.ptr<float>(y));
  result.pixels = std::move(pixels);
  return result;
}

}  // namespace hdrtile
