#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hdrtile {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Warnings = std::vector<std::string>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Whether `bytes` begins with `prefix`; string literals with inner zeros need their length: std::string_view("a\0",
/// 2).
[[nodiscard]] inline bool starts_with(ByteView bytes, std::string_view prefix) {
  return as_text(bytes).starts_with(prefix);
}

void append(Bytes& out, ByteView bytes);
inline void append(Bytes& out, std::string_view text) { append(out, as_bytes(text)); }

[[nodiscard]] inline std::uint32_t read_u16be(const std::uint8_t* p) { return p[0] << 8U | p[1]; }
[[nodiscard]] inline std::uint32_t read_u32be(const std::uint8_t* p) {
  return read_u16be(p) << 16U | read_u16be(p + 2);
}

inline void append_u16be(Bytes& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void append_u32be(Bytes& out, std::uint32_t value) {
  append_u16be(out, value >> 16U);
  append_u16be(out, value);
}

}  // namespace hdrtile
