#include "exif_patch.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace hdrtile {
namespace {

using namespace std::string_view_literals;

enum Tag : std::uint32_t {
  image_width = 0x0100,
  image_length = 0x0101,
  orientation_tag = 0x0112,
  thumbnail_offset = 0x0201,
  thumbnail_length = 0x0202,
  exif_directory = 0x8769,
  gps_directory = 0x8825,
  pixel_x_dimension = 0xA002,
  pixel_y_dimension = 0xA003,
  interop_directory = 0xA005,
  related_image_width = 0x1001,
  related_image_length = 0x1002,
};

enum Type : std::uint32_t { byte_type = 1, short_type = 3, long_type = 4 };

// A directory: 2 bytes of count, entries of 12 bytes (tag 2, type 2, count 4, value or its offset 4), next directory 4.
constexpr std::size_t entry_bytes = 12;
constexpr std::array<std::size_t, 14> type_bytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

}  // namespace

std::optional<ExifPatch> ExifPatch::open(Bytes tiff) {
  const bool little_endian = starts_with(tiff, "II*\0"sv);
  if (!little_endian && !starts_with(tiff, "MM\0*"sv)) return std::nullopt;
  ExifPatch patch(std::move(tiff), little_endian);
  if (patch.first_directory() == 0) return std::nullopt;
  return patch;
}

bool ExifPatch::holds(std::size_t position, std::size_t size) const noexcept {
  return position <= tiff_.size() && size <= tiff_.size() - position;
}

std::uint32_t ExifPatch::get(std::size_t position, int bytes) const noexcept {
  if (!holds(position, bytes)) return 0;
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value = value << 8U | tiff_[position + (little_endian_ ? bytes - 1 - i : i)];
  }
  return value;
}

void ExifPatch::put(std::size_t position, int bytes, std::uint32_t value) noexcept {
  if (!holds(position, bytes)) return;
  for (int i = 0; i < bytes; ++i, value >>= 8U) {
    tiff_[position + (little_endian_ ? i : bytes - 1 - i)] = static_cast<std::uint8_t>(value);
  }
}

std::size_t ExifPatch::directory_at(std::uint32_t offset) const noexcept {
  if (offset < 8 || !holds(offset, 2)) return 0;
  return holds(offset, 2 + get(offset, 2) * entry_bytes) ? offset : 0;
}

std::size_t ExifPatch::thumbnail_directory() const noexcept {
  const std::size_t first = first_directory();
  return directory_at(get(first + 2 + get(first, 2) * entry_bytes, 4));
}

std::size_t ExifPatch::find(std::size_t directory, std::uint32_t tag) const noexcept {
  if (directory == 0) return 0;
  const std::uint32_t count = get(directory, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + i * entry_bytes;
    if (get(entry, 2) == tag) return entry;
  }
  return 0;
}

std::optional<std::uint32_t> ExifPatch::number(std::size_t directory, std::uint32_t tag) const noexcept {
  const std::size_t entry = find(directory, tag);
  if (entry == 0 || get(entry + 4, 4) != 1) return std::nullopt;
  switch (get(entry + 2, 2)) {
    case byte_type:
      return get(entry + 8, 1);
    case short_type:
      return get(entry + 8, 2);
    case long_type:
      return get(entry + 8, 4);
    default:
      return std::nullopt;
  }
}

void ExifPatch::set_number(std::size_t directory, std::uint32_t tag, std::uint32_t value) noexcept {
  if (!number(directory, tag)) return;
  const std::size_t entry = find(directory, tag);
  const bool is_long = get(entry + 2, 2) == long_type || value > 0xFFFF;
  put(entry + 2, 2, is_long ? long_type : short_type);
  put(entry + 8, 4, 0);
  put(entry + 8, is_long ? 4 : 2, value);
}

std::size_t ExifPatch::sub_directory(std::size_t directory, std::uint32_t tag) const noexcept {
  return directory_at(number(directory, tag).value_or(0));
}

int ExifPatch::orientation() const noexcept {
  const auto value = number(first_directory(), orientation_tag).value_or(1);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

void ExifPatch::set_upright() {
  set_number(first_directory(), orientation_tag, 1);
  set_number(thumbnail_directory(), orientation_tag, 1);
}

void ExifPatch::set_size(Size size) {
  const auto set = [&](std::size_t directory, std::uint32_t width, std::uint32_t height) {
    set_number(directory, width, static_cast<std::uint32_t>(size.width));
    set_number(directory, height, static_cast<std::uint32_t>(size.height));
  };
  const std::size_t exif = sub_directory(first_directory(), exif_directory);
  set(first_directory(), image_width, image_length);
  set(exif, pixel_x_dimension, pixel_y_dimension);
  set(sub_directory(exif, interop_directory), related_image_width, related_image_length);
}

ExifPatch::Extent ExifPatch::thumbnail() const noexcept {
  const std::size_t directory = thumbnail_directory();
  const Extent extent{number(directory, thumbnail_offset).value_or(0), number(directory, thumbnail_length).value_or(0)};
  const bool is_jpeg = extent.offset >= 8 && holds(extent.offset, extent.size) && extent.size > 3 &&
                       starts_with(ByteView(tiff_).subspan(extent.offset), "\xFF\xD8"sv);
  return is_jpeg ? extent : Extent{};
}

std::size_t ExifPatch::thumbnail_room() const noexcept { return thumbnail().size; }

void ExifPatch::replace_thumbnail(ByteView jpeg, Size size) {
  const Extent old = thumbnail();
  if (jpeg.size() > old.size) return drop_thumbnail();
  const std::size_t directory = thumbnail_directory();
  erase(old);
  std::ranges::copy(jpeg, tiff_.begin() + static_cast<std::ptrdiff_t>(old.offset));
  set_number(directory, thumbnail_length, static_cast<std::uint32_t>(jpeg.size()));
  set_number(directory, image_width, static_cast<std::uint32_t>(size.width));
  set_number(directory, image_length, static_cast<std::uint32_t>(size.height));
}

void ExifPatch::drop_thumbnail() {
  if (thumbnail_directory() == 0) return;
  erase(thumbnail());
  const std::size_t first = first_directory();
  put(first + 2 + get(first, 2) * entry_bytes, 4, 0);
}

void ExifPatch::erase(Extent extent) noexcept {
  if (holds(extent.offset, extent.size)) std::memset(tiff_.data() + extent.offset, 0, extent.size);
}

void ExifPatch::erase_directory(std::size_t directory) noexcept {
  if (directory == 0) return;
  const std::size_t bytes = 2 + get(directory, 2) * entry_bytes + 4;
  for (std::size_t entry = directory + 2; entry + 4 < directory + bytes; entry += entry_bytes) {
    const std::uint32_t type = get(entry + 2, 2);
    if (type >= type_bytes.size()) continue;
    const std::size_t size = type_bytes[type] * get(entry + 4, 4);
    if (size > 4) erase({get(entry + 8, 4), size});
  }
  erase({directory, std::min(bytes, tiff_.size() - directory)});
}

void ExifPatch::remove_gps() {
  // More than one entry is damage, but then none of them may stay. The values go, too, not only the way to them.
  while (const std::size_t entry = find(first_directory(), gps_directory)) {
    const std::size_t first = first_directory();
    const std::uint32_t count = get(first, 2);
    const std::size_t gps = sub_directory(first, gps_directory);
    const std::size_t end = std::min(first + 2 + count * entry_bytes + 4, tiff_.size());
    // The entries after it and the link to the next directory move up; what they point to stays where it is.
    std::memmove(tiff_.data() + entry, tiff_.data() + entry + entry_bytes, end - entry - entry_bytes);
    std::memset(tiff_.data() + end - entry_bytes, 0, entry_bytes);
    put(first, 2, count - 1);
    if (gps != first) erase_directory(gps);
  }
}

}  // namespace hdrtile
