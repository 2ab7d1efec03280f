#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hdrtile/pipeline.h"

namespace hdrtile {

/// An output that was there before.
struct ExistingOutput {
  Existing kind = Existing::unreadable;
  std::vector<std::string> stale;  ///< as in PhotoResult
  std::string told;                ///< for people: names the file, what it is, what can be done
};

/// Compares the stamp in a file with that of what would be written there now. Reads the file's header alone: pixels
/// that something else damaged behind it are not noticed. Throws nothing of its own.
[[nodiscard]] ExistingOutput examine_output(const std::filesystem::path& output, const Stamp& wanted,
                                            const DecodeLimits& limits);

}  // namespace hdrtile
