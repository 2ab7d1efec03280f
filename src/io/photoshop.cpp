#include "photoshop.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace hdrtile {
namespace {

constexpr std::uint32_t iptc_id = 1028;

// "8BIM", id 2, name (length byte and text, padded to even), size 4, data (padded to even).
constexpr std::string_view signature = "8BIM";

bool is_stale(std::uint32_t id) {
  return id == 1033 || id == 1036     // thumbnails
         || id == 1058 || id == 1059  // EXIF
         || id == 1060;               // XMP
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Resource {
  std::uint32_t id = 0;
  ByteView data;
  ByteView whole;
};

/// The first resource, which is taken off the list; empty when what follows is none.
std::optional<Resource> next_resource(ByteView& resources) {
  if (resources.size() < signature.size() + 8) return std::nullopt;
  std::size_t size = signature.size() + 2;
  size += (resources[size] + 2U) & ~1U;
  if (!starts_with(resources, signature) || size + 4 > resources.size()) return std::nullopt;
  const std::size_t data_bytes = read_u32be(resources.data() + size);
  size += 4;
  if (data_bytes > resources.size() - size) return std::nullopt;
  const ByteView data = resources.subspan(size, data_bytes);
  const ByteView whole = resources.first(std::min(size + data_bytes + (data_bytes & 1U), resources.size()));
  resources = resources.subspan(whole.size());
  return Resource{.id = read_u16be(whole.data() + signature.size()), .data = data, .whole = whole};
}

}  // namespace

Bytes without_stale_resources(ByteView resources, Warnings& warnings) {
  Bytes kept;
  while (const auto resource = next_resource(resources)) {
    if (!is_stale(resource->id)) append(kept, resource->whole);
  }
  if (std::ranges::any_of(resources, [](std::uint8_t byte) { return byte != 0; })) {
    warnings.emplace_back("Photoshop resources (IPTC) are damaged; what follows the damage was dropped");
  }
  return kept;
}

ByteView iptc_of(ByteView resources) {
  while (const auto resource = next_resource(resources)) {
    if (resource->id == iptc_id) return resource->data;
  }
  return {};
}

Bytes as_resource(ByteView iptc) {
  Bytes resource;
  resource.reserve(signature.size() + 9 + iptc.size());
  append(resource, signature);
  append_u16be(resource, iptc_id);
  append_u16be(resource, 0);  // no name
  append_u32be(resource, static_cast<std::uint32_t>(iptc.size()));
  append(resource, iptc);
  if (iptc.size() % 2 != 0) resource.push_back(0);
  return resource;
}

std::string to_raw_profile(std::string_view name, ByteView data) {
  constexpr std::size_t bytes_per_line = 36;
  constexpr char digits[] = "0123456789abcdef";
  std::array<char, 24> length{};
  std::snprintf(length.data(), length.size(), "%8zu", data.size());
  std::string text("\n");
  text.append(name).append("\n").append(length.data());
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (i % bytes_per_line == 0) text += '\n';
    text += digits[data[i] >> 4U];
    text += digits[data[i] & 15U];
  }
  return text += '\n';
}

Bytes from_raw_profile(std::string_view text) {
  const auto skip_line = [&] { text.remove_prefix(std::min(text.size(), text.find('\n') + 1)); };
  if (!text.starts_with('\n')) return {};
  skip_line();
  if (text.find('\n') == std::string_view::npos) return {};
  skip_line();  // the name
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc() || length > text.size()) return {};
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));

  Bytes data;
  int high = -1;
  for (const char c : text) {
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      data.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  return data.size() == length ? data : Bytes();
}

}  // namespace hdrtile
