#pragma once

#include "codec.h"

namespace hdrtile {

// Its read_head is read_png_head of png_chunks.h.
[[nodiscard]] DecodedFile decode_png(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits);

/// Takes u8 or u16 pixels.
[[nodiscard]] Bytes encode_png(const EncodeInput& input, Warnings& warnings);

}  // namespace hdrtile
