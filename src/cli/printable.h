#pragma once

#include <string>

namespace hdrtile::cli {

/// The text with its control characters made harmless, on one line: names of files, and what they say of themselves,
/// may hold any, and a terminal would obey them.
[[nodiscard]] std::string printable(std::string text);

}  // namespace hdrtile::cli
