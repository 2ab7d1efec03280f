#pragma once

#include "bytes.h"

namespace hdrtile {

/// An EXIF block in at most so many bytes, written anew by exiv2. Of what is too large the thumbnail is left out, or
/// else the maker note, or else the largest values: as little as is enough, with a warning. Empty when it is damaged.
[[nodiscard]] Bytes fit_exif(ByteView exif, std::size_t most_bytes, Warnings& warnings);

}  // namespace hdrtile
