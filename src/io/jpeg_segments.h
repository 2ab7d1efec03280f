#pragma once

#include <cstddef>

#include "metadata.h"

namespace hdrtile {

/// A marker segment: marker 0xE0..0xEF (APPn) or 0xFE (comment), and its payload.
struct JpegSegment {
  int marker = 0;
  ByteView payload;
};

/// Metadata from a JPEG's segments, in the order of the file. What cannot be true of another picture (gain maps,
/// indices of further pictures, content credentials) is left out with a warning.
[[nodiscard]] Metadata parse_jpeg_segments(const std::vector<JpegSegment>& segments, Warnings& warnings);

struct OwnedJpegSegment {
  int marker = 0;
  Bytes payload;
};

/// The segments that metadata is written as, in order. JFIF and Adobe segments are the encoder's.
[[nodiscard]] std::vector<OwnedJpegSegment> make_jpeg_segments(const Metadata& metadata, Warnings& warnings);

}  // namespace hdrtile
