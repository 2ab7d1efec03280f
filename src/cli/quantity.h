#pragma once

#include <cstdint>
#include <string>

namespace hdrtile::cli {

/// A number with an optional suffix: "1500", "1.5G", "512 MiB". K, M and G are powers of `base` (1024 for bytes, 1000
/// for counts). Throws Error{usage} saying what is accepted.
[[nodiscard]] std::int64_t parse_quantity(const std::string& text, int base);

/// Bytes for people: "1.5 GiB".
[[nodiscard]] std::string format_bytes(std::int64_t bytes);
/// Milliseconds for people: "850 ms", "12.3 s", "4 min 05 s".
[[nodiscard]] std::string format_duration(double milliseconds);

}  // namespace hdrtile::cli
