#include "resample.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "jpeg_codec.h"
#include "mat_view.h"
#include "samples.h"

namespace hdrtile {
namespace {

constexpr int thumbnail_side = 160;  // what the EXIF standard names

}  // namespace

Image resized(const Image& image, Size size) {
  Image out(size, image.depth(), image.channels());
  cv::Mat target = mat_view(out);
  const bool shrinks = size.width <= image.width() && size.height <= image.height();
  cv::resize(mat_view(image), target, target.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out;
}

std::pair<Bytes, Size> make_thumbnail(const Image& image, std::size_t max_bytes) {
  const Size size = fit_within(image.size(), thumbnail_side);
  const Image small = to_depth(resized(image, size), Depth::u8);
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
