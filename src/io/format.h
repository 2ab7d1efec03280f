#pragma once

#include "bytes.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// The file's format. Throws Error{unsupported} for formats known by name, Error{input} for anything else.
[[nodiscard]] Format require_format(ByteView file, const std::filesystem::path& path);

/// Whether a file is a camera's raw one: by its maker's signature, or by what a TIFF's first directory says.
[[nodiscard]] bool is_raw(ByteView file);

}  // namespace hdrtile
