#pragma once

#include "codec.h"

namespace hdrtile {

// libwebp's. A WebP that is lossless is written so again; lossy ones store colour at half the resolution.
[[nodiscard]] FileHead read_webp_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_webp(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
/// Takes u8 pixels of three channels.
[[nodiscard]] Bytes encode_webp(const EncodeInput& input, Warnings& warnings);

}  // namespace hdrtile
