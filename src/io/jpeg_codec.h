#pragma once

#include "decoded.h"

namespace hdrtile {

[[nodiscard]] FileHead read_jpeg_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_jpeg(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

/// u8 pixels of one (grey) or three channels as a JPEG; metadata as it is (see edit_metadata), what does not fit is
/// told.
[[nodiscard]] Bytes encode_jpeg(const Image& pixels, int quality, const Metadata& metadata, Warnings& warnings);

}  // namespace hdrtile
