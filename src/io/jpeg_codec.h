#pragma once

#include "codec.h"

namespace hdrtile {

[[nodiscard]] FileHead read_jpeg_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_jpeg(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

/// Takes u8 pixels and no alpha. Metadata that does not fit is told.
[[nodiscard]] Bytes encode_jpeg(const EncodeInput& input, Warnings& warnings);

}  // namespace hdrtile
