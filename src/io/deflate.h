#pragma once

#include <optional>

#include "bytes.h"

namespace hdrtile {

/// zlib streams, as PNG's text and profile chunks have them. Empty when damaged or larger than `max_bytes` unpacked.
[[nodiscard]] std::optional<Bytes> inflate(ByteView packed, std::size_t max_bytes);
[[nodiscard]] Bytes deflate(ByteView data);

}  // namespace hdrtile
