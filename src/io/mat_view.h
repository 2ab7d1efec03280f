#pragma once

#include <opencv2/core.hpp>

#include "hdrtile/image.h"

namespace hdrtile {

/// A view of the image's own memory. OpenCV reads inputs through a pointer that is not const. It works on the caller's
/// thread alone from then on: photos are decoded and encoded beside each other and beside the network, which has the
/// cores.
[[nodiscard]] inline cv::Mat mat_view(const Image& image) {
  static const bool alone = (cv::setNumThreads(1), true);
  (void)alone;
  const int depth = image.depth() == Depth::u8 ? CV_8U : image.depth() == Depth::u16 ? CV_16U : CV_32F;
  return {image.height(), image.width(), CV_MAKETYPE(depth, image.channels()),
          const_cast<std::byte*>(image.row_data(0)), image.row_bytes()};
}

}  // namespace hdrtile
