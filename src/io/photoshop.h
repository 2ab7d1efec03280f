#pragma once

#include <string>

#include "bytes.h"

namespace hdrtile {

/// Photoshop image resources without thumbnails and copies of EXIF and XMP, which no longer tell the truth. Damaged
/// ones are dropped with a warning.
[[nodiscard]] Bytes without_stale_resources(ByteView resources, Warnings& warnings);

/// IPTC records as the one resource of a list.
[[nodiscard]] Bytes as_resource(ByteView iptc);

/// The IPTC records of a list of resources, as a view of it; empty when it has none.
[[nodiscard]] ByteView iptc_of(ByteView resources);

/// The body of a PNG text entry "Raw profile type ..." (ImageMagick's way, which exiftool and exiv2 share): name,
/// length and hex digits.
[[nodiscard]] std::string to_raw_profile(std::string_view name, ByteView data);
/// Empty when it is none.
[[nodiscard]] Bytes from_raw_profile(std::string_view text);

}  // namespace hdrtile
