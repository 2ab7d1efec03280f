#pragma once

#include "bytes.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// The file's format. Throws Error{unsupported} for formats known by name, Error{input} for anything else.
[[nodiscard]] Format require_format(ByteView file, const std::filesystem::path& path);

}  // namespace hdrtile
