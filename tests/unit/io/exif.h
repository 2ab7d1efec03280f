#pragma once

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile::test {

/// An EXIF block with what cameras write: make, orientation, size, a maker note whose inner offset counts from the
/// block's start (so it breaks when moved), GPS, and a thumbnail.
struct ExifSpec {
  bool little_endian = true;
  int orientation = 1;
  Size size{64, 48};
  Bytes thumbnail = {};
};
Bytes make_exif(const ExifSpec& spec);

/// What the maker note's own offset points to, or "" when it no longer points there.
std::string maker_note_text(ByteView tiff);

inline constexpr const char* maker_note_secret = "Lens 24-70, shutter count 12345";
/// The degrees of the GPS latitude, as bytes that are nowhere else in the block.
inline constexpr std::uint32_t gps_degrees = 0x00ABCDEF;

/// "Exif\0\0" and the block: a JPEG's APP1 payload.
Bytes exif_segment(const ExifSpec& spec);

}  // namespace hdrtile::test
