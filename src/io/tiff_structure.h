#pragma once

#include <optional>

#include "bytes.h"

namespace hdrtile {

/// What TIFF files and EXIF blocks are made of: directories of tags, in either byte order. Whatever is asked of a
/// damaged one, nothing outside its bytes is touched. Positions are offsets from its start; 0 stands for "there is
/// none".
class TiffStructure {
 public:
  // A directory: 2 bytes of count, entries of 12 bytes (tag 2, type 2, count 4, value or its offset 4), next
  // directory 4.
  static constexpr std::size_t entry_bytes = 12;

  /// Empty when it is none. BigTIFF is another structure.
  [[nodiscard]] static std::optional<TiffStructure> open(Bytes tiff);

  [[nodiscard]] std::size_t first_directory() const noexcept { return directory_at(get(4, 4)); }
  [[nodiscard]] std::size_t directory_at(std::uint32_t offset) const noexcept;
  /// Chains of damaged ones may lead in a circle.
  [[nodiscard]] std::size_t next_directory(std::size_t directory) const noexcept;
  /// Makes a directory the last of its chain; false when it is cut short there.
  [[nodiscard]] bool end_chain(std::size_t directory) noexcept;
  [[nodiscard]] std::size_t sub_directory(std::size_t directory, std::uint32_t tag) const noexcept;
  /// The entry of a tag.
  [[nodiscard]] std::size_t find(std::size_t directory, std::uint32_t tag) const noexcept;
  /// The value of an entry that holds one whole number.
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t directory, std::uint32_t tag) const noexcept;

  [[nodiscard]] bool holds(std::size_t position, std::size_t size) const noexcept;
  [[nodiscard]] std::uint32_t get(std::size_t position, int bytes) const noexcept;
  void put(std::size_t position, int bytes, std::uint32_t value) noexcept;

  [[nodiscard]] ByteView bytes() const noexcept { return tiff_; }
  [[nodiscard]] Bytes take() && { return std::move(tiff_); }

 protected:
  enum Type : std::uint32_t { byte_type = 1, short_type = 3, long_type = 4 };

  TiffStructure(Bytes tiff, bool little_endian) : tiff_(std::move(tiff)), little_endian_(little_endian) {}

  Bytes tiff_;

 private:
  [[nodiscard]] std::size_t link_of(std::size_t directory) const noexcept {
    return directory + 2 + get(directory, 2) * entry_bytes;
  }
  bool little_endian_;
};

}  // namespace hdrtile
