#pragma once

#include "codec.h"

namespace hdrtile {

// LibRaw's: developed to sRGB at 16 bit by the camera's white balance, upright, its brightness left as it was exposed.
[[nodiscard]] FileHead read_raw_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);
[[nodiscard]] DecodedFile decode_raw(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

}  // namespace hdrtile
