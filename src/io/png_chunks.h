#pragma once

#include "decoded.h"

namespace hdrtile {

/// Reads a PNG's head and ancillary chunks (libpng reads the pixels). Checks that the file is whole: every chunk inside
/// the file, IEND at its end. Damaged metadata is a warning. Throws Error{input} and Error{limit}.
[[nodiscard]] FileHead read_png_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

/// The chunks that metadata is written as, before the pixels, in order.
[[nodiscard]] std::vector<RawPart> make_png_chunks(const Metadata& metadata);

}  // namespace hdrtile
