#pragma once

#include <exiv2/exiv2.hpp>
#include <mutex>

#include "bytes.h"

namespace hdrtile {

/// exiv2's XMP toolkit is one global object: whoever calls exiv2 where XMP may be read or written holds this.
class Exiv2Toolkit {
 public:
  Exiv2Toolkit();

 private:
  std::lock_guard<std::mutex> lock_;
};

/// Tags as a block of any size: Exiv2::ExifParser would cut it to the 64 KB of a JPEG.
[[nodiscard]] Bytes encode_exif(Exiv2::ExifData& data, Exiv2::ByteOrder order);

/// hdrtile's namespace, under which the toolkit knows it as "hdrtile".
inline constexpr const char* stamp_namespace = "urn:hdrtile:1.0/";

}  // namespace hdrtile
