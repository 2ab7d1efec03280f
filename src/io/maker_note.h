#pragma once

#include "bytes.h"

namespace hdrtile {

/// Whether the maker note of an EXIF block says where the photo was taken, as far as exiv2 knows its maker's notes.
[[nodiscard]] bool maker_note_tells_place(ByteView exif);

}  // namespace hdrtile
