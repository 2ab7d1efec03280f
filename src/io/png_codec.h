#pragma once

#include "decoded.h"

namespace hdrtile {

[[nodiscard]] DecodedFile decode_png(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

/// u8 or u16 pixels of one (grey) or three channels; alpha of the same size and depth, or empty.
[[nodiscard]] Bytes encode_png(const Image& pixels, const Image& alpha, const Metadata& metadata);

}  // namespace hdrtile
