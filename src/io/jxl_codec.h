#pragma once

#include "codec.h"

namespace hdrtile {

// libjxl's: 8 and 16 bit and float, RGB and grey, alpha. The codestream says how the picture is turned; EXIF does not
// count.
[[nodiscard]] FileHead read_jxl_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_jxl(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
/// Takes pixels of any depth. Quality 100 is lossless.
[[nodiscard]] Bytes encode_jxl(const EncodeInput& input, Warnings& warnings);

}  // namespace hdrtile
