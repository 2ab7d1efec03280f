#pragma once

#include "bytes.h"

namespace hdrtile {

/// The bytes of all values that the directories of a TIFF, BigTIFF or EXIF block name, wherever they lie; 0 for what is
/// none. Directories inside maker notes are not known here.
[[nodiscard]] std::uint64_t stated_bytes(ByteView tiff);

/// Whether its tags name far more bytes than there are: thousands of them name the same, and whoever reads them all
/// takes memory for as many copies. No camera and no program writes that.
[[nodiscard]] bool overstates(ByteView tiff);

}  // namespace hdrtile
