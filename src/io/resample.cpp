#include "resample.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "jpeg_codec.h"
#include "mat_view.h"
#include "samples.h"

namespace hdrtile {
namespace {

constexpr int thumbnail_side = 160;  // what the EXIF standard names

Image resized(const cv::Mat& image, Size size, Depth depth) {
  Image out(size, depth, image.channels());
  cv::Mat target = mat_view(out);
  const bool shrinks = size.width <= image.cols && size.height <= image.rows;
  cv::resize(image, target, target.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out;
}

/// The image shrunk, from four of its rows a pixel at most: a thumbnail does not show the others, and reading them all
/// takes as long as a third of the encoding.
Image sketched(const Image& image, Size size) {
  const int step = std::max(image.height() / size.height / 4, 1);
  const cv::Mat whole = mat_view(image);
  return resized(cv::Mat(whole.rows / step, whole.cols, whole.type(), whole.data, whole.step * step), size,
                 image.depth());
}

}  // namespace

Image resized(const Image& image, Size size) { return resized(mat_view(image), size, image.depth()); }

std::pair<Bytes, Size> make_thumbnail(const Image& image, std::size_t max_bytes) {
  const Size size = fit_within(image.size(), thumbnail_side);
  const Image small = to_depth(sketched(image, size), Depth::u8);
  const Metadata none;
  Warnings unheard;
  for (const int quality : {85, 70, 50, 30}) {
    Bytes jpeg = encode_jpeg(
        {.pixels = small, .alpha = {}, .metadata = none, .quality = quality, .chroma = Chroma::quarter}, unheard);
    if (jpeg.size() <= max_bytes) return {std::move(jpeg), size};
  }
  return {};
}

}  // namespace hdrtile
