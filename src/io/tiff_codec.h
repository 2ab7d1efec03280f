#pragma once

#include "codec.h"

namespace hdrtile {

// libtiff's: 8 and 16 bit and 32-bit float, in strips or tiles, one plane or several, TIFF and BigTIFF; kinds of fewer
// bits, with palettes or YCbCr become 8-bit RGB. Floats are taken for encoded values, as their profile (or sRGB) has
// them.
[[nodiscard]] FileHead read_tiff_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_tiff(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
/// Takes pixels of any depth. Deflate; BigTIFF only where 4 GB do not suffice.
[[nodiscard]] Bytes encode_tiff(const EncodeInput& input, Warnings& warnings);

}  // namespace hdrtile
