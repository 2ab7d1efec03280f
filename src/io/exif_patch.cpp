#include "exif_patch.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace hdrtile {
namespace {

enum Tag : std::uint32_t {
  image_width = 0x0100,
  image_length = 0x0101,
  orientation_tag = 0x0112,
  thumbnail_offset = 0x0201,
  thumbnail_length = 0x0202,
  exif_directory = 0x8769,
  gps_directory = 0x8825,
  interop_index = 0x0001,
  color_space = 0xA001,
  maker_note = 0x927C,
  pixel_x_dimension = 0xA002,
  pixel_y_dimension = 0xA003,
  interop_directory = 0xA005,
  related_image_width = 0x1001,
  related_image_length = 0x1002,
};

/// Where on the ground a GeoTIFF's pixels lie.
constexpr std::array<std::uint32_t, 6> geotiff_tags = {0x830E, 0x8482, 0x85D8, 0x87AF, 0x87B0, 0x87B1};

constexpr std::array<std::size_t, 14> type_bytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

}  // namespace

std::optional<ExifPatch> ExifPatch::open(Bytes tiff) {
  auto structure = TiffStructure::open(std::move(tiff));
  if (!structure) return std::nullopt;
  return ExifPatch(std::move(*structure));
}

void ExifPatch::set_number(std::size_t directory, std::uint32_t tag, std::uint32_t value) noexcept {
  if (!number(directory, tag)) return;
  const std::size_t entry = find(directory, tag);
  const bool is_long = get(entry + 2, 2) == long_type || value > 0xFFFF;
  put(entry + 2, 2, is_long ? long_type : short_type);
  put(entry + 8, 4, 0);
  put(entry + 8, is_long ? 4 : 2, value);
}

bool ExifPatch::states_orientation() const noexcept { return number(first_directory(), orientation_tag).has_value(); }

int ExifPatch::orientation() const noexcept {
  const auto value = number(first_directory(), orientation_tag).value_or(1);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

std::size_t ExifPatch::interoperability() const noexcept {
  const std::size_t exif = sub_directory(first_directory(), exif_directory);
  const std::size_t index = find(sub_directory(exif, interop_directory), interop_index);
  return index != 0 && get(index + 4, 4) == 4 && get(index + 8, 1) == 'R' ? index : 0;
}

bool ExifPatch::is_adobe_rgb() const noexcept {
  const std::size_t index = interoperability();
  return index != 0 && get(index + 9, 1) == '0' && get(index + 10, 1) == '3';
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

void ExifPatch::set_srgb() {
  const std::size_t exif = sub_directory(first_directory(), exif_directory);
  set_number(exif, color_space, 1);
  if (const std::size_t index = interoperability(); index != 0) {
    put(index + 9, 1, '9');
    put(index + 10, 1, '8');
  }
}

ExifPatch::Extent ExifPatch::thumbnail() const noexcept {
  const std::size_t directory = thumbnail_directory();
  const Extent extent{number(directory, thumbnail_offset).value_or(0), number(directory, thumbnail_length).value_or(0)};
  const bool is_jpeg = extent.offset >= 8 && holds(extent.offset, extent.size) && extent.size > 3 &&
                       starts_with(ByteView(tiff_).subspan(extent.offset), "\xFF\xD8");
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

void ExifPatch::erase_value(std::size_t entry) noexcept {
  const std::uint32_t type = get(entry + 2, 2);
  if (type >= type_bytes.size()) return;
  const std::size_t size = type_bytes[type] * get(entry + 4, 4);
  if (size > 4) erase({get(entry + 8, 4), size});
}

void ExifPatch::remove_tag(std::size_t directory, std::uint32_t tag) noexcept {
  while (const std::size_t entry = find(directory, tag)) {
    erase_value(entry);
    remove_entry(directory, entry);
  }
}

void ExifPatch::erase_directory(std::size_t directory) noexcept {
  if (directory == 0) return;
  const std::size_t bytes = 2 + get(directory, 2) * entry_bytes + 4;
  for (std::size_t entry = directory + 2; entry + 4 < directory + bytes; entry += entry_bytes) erase_value(entry);
  erase({directory, std::min(bytes, tiff_.size() - directory)});
}

void ExifPatch::remove_entry(std::size_t directory, std::size_t entry) noexcept {
  const std::uint32_t count = get(directory, 2);
  const std::size_t end = std::min(directory + 2 + count * entry_bytes + 4, tiff_.size());
  // The entries after it and the link to the next directory move up; what they point to stays where it is.
  std::memmove(tiff_.data() + entry, tiff_.data() + entry + entry_bytes, end - entry - entry_bytes);
  std::memset(tiff_.data() + end - entry_bytes, 0, entry_bytes);
  put(directory, 2, count - 1);
}

void ExifPatch::remove_maker_note() { remove_tag(sub_directory(first_directory(), exif_directory), maker_note); }

void ExifPatch::remove_gps() {
  // More than one entry is damage, but then none of them may stay. The values go, too, not only the way to them.
  while (const std::size_t entry = find(first_directory(), gps_directory)) {
    const std::size_t first = first_directory();
    const std::size_t gps = sub_directory(first, gps_directory);
    remove_entry(first, entry);
    if (gps != first) erase_directory(gps);
  }
  for (const std::uint32_t tag : geotiff_tags) remove_tag(first_directory(), tag);
}

}  // namespace hdrtile
