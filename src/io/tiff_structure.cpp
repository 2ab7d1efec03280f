#include "tiff_structure.h"

namespace hdrtile {

using namespace std::string_view_literals;

std::optional<TiffStructure> TiffStructure::open(Bytes tiff) {
  const bool little_endian = starts_with(tiff, "II*\0"sv);
  if (!little_endian && !starts_with(tiff, "MM\0*"sv)) return std::nullopt;
  TiffStructure structure(std::move(tiff), little_endian);
  if (structure.first_directory() == 0) return std::nullopt;
  return structure;
}

std::size_t TiffStructure::next_directory(std::size_t directory) const noexcept {
  return directory == 0 ? 0 : directory_at(get(link_of(directory), 4));
}

bool TiffStructure::end_chain(std::size_t directory) noexcept {
  if (directory == 0 || !holds(link_of(directory), 4)) return false;
  put(link_of(directory), 4, 0);
  return true;
}

bool TiffStructure::holds(std::size_t position, std::size_t size) const noexcept {
  return position <= tiff_.size() && size <= tiff_.size() - position;
}

std::uint32_t TiffStructure::get(std::size_t position, int bytes) const noexcept {
  if (!holds(position, bytes)) return 0;
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value = value << 8U | tiff_[position + (little_endian_ ? bytes - 1 - i : i)];
  }
  return value;
}

void TiffStructure::put(std::size_t position, int bytes, std::uint32_t value) noexcept {
  if (!holds(position, bytes)) return;
  for (int i = 0; i < bytes; ++i, value >>= 8U) {
    tiff_[position + (little_endian_ ? i : bytes - 1 - i)] = static_cast<std::uint8_t>(value);
  }
}

std::size_t TiffStructure::directory_at(std::uint32_t offset) const noexcept {
  if (offset < 8 || !holds(offset, 2)) return 0;
  return holds(offset, 2 + get(offset, 2) * entry_bytes) ? offset : 0;
}

std::size_t TiffStructure::find(std::size_t directory, std::uint32_t tag) const noexcept {
  if (directory == 0) return 0;
  const std::uint32_t count = get(directory, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + i * entry_bytes;
    if (get(entry, 2) == tag) return entry;
  }
  return 0;
}

std::optional<std::uint32_t> TiffStructure::number(std::size_t directory, std::uint32_t tag) const noexcept {
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

std::size_t TiffStructure::sub_directory(std::size_t directory, std::uint32_t tag) const noexcept {
  return directory_at(number(directory, tag).value_or(0));
}

}  // namespace hdrtile
