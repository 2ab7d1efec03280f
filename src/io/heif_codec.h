#pragma once

#include "codec.h"

namespace hdrtile {

// libheif's: HEIC and AVIF, 8 bit and more (as 16), alpha. The container turns and crops the picture; what EXIF says of
// its orientation does not count. Colours are sRGB, Display P3 or BT.2020 by number, or an ICC profile; HDR curves are
// refused.
[[nodiscard]] FileHead read_heif_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_heif(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
/// u8 pixels as 8 bit, u16 as 10 (HEIC) or 12 (AVIF).
[[nodiscard]] Bytes encode_heic(const EncodeInput& input, Warnings& warnings);
[[nodiscard]] Bytes encode_avif(const EncodeInput& input, Warnings& warnings);

/// What this libheif has decoders and encoders for.
[[nodiscard]] bool heif_reads(Format format);
[[nodiscard]] bool heif_writes(Format format);

}  // namespace hdrtile
