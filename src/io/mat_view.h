#pragma once

#include <opencv2/core.hpp>

#include "hdrtile/image.h"

namespace hdrtile {

/// A view of the image's own memory. OpenCV reads inputs through a pointer that is not const.
[[nodiscard]] inline cv::Mat mat_view(const Image& image) {
  const int depth = image.depth() == Depth::u8 ? CV_8U : image.depth() == Depth::u16 ? CV_16U : CV_32F;
  return {image.height(), image.width(), CV_MAKETYPE(depth, image.channels()),
          const_cast<std::byte*>(image.row_data(0)), image.row_bytes()};
}

}  // namespace hdrtile
