#pragma once

#include <optional>

#include "bytes.h"
#include "hdrtile/image.h"

namespace hdrtile {

/// An EXIF block (a TIFF structure) that is changed where it lies: no tag moves to another offset, so that maker notes,
/// whose inner offsets only their maker knows, stay valid. What lies outside the block or has an odd type is left
/// alone.
class ExifPatch {
 public:
  /// Empty when it is no TIFF structure.
  [[nodiscard]] static std::optional<ExifPatch> open(Bytes tiff);

  [[nodiscard]] int orientation() const noexcept;  ///< 1..8; 1 when not stated

  void set_upright();
  void set_size(Size size);
  /// Most bytes that a new thumbnail may have; 0: there is none to replace.
  [[nodiscard]] std::size_t thumbnail_room() const noexcept;
  void replace_thumbnail(ByteView jpeg, Size size);
  void drop_thumbnail();
  void remove_gps();

  [[nodiscard]] Bytes take() && { return std::move(tiff_); }

 private:
  struct Extent {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  ExifPatch(Bytes tiff, bool little_endian) : tiff_(std::move(tiff)), little_endian_(little_endian) {}

  // Positions are offsets from the start of the block; 0 stands for "there is none".
  [[nodiscard]] bool holds(std::size_t position, std::size_t size) const noexcept;
  [[nodiscard]] std::uint32_t get(std::size_t position, int bytes) const noexcept;
  void put(std::size_t position, int bytes, std::uint32_t value) noexcept;
  [[nodiscard]] std::size_t directory_at(std::uint32_t offset) const noexcept;
  [[nodiscard]] std::size_t first_directory() const noexcept { return directory_at(get(4, 4)); }
  [[nodiscard]] std::size_t thumbnail_directory() const noexcept;
  [[nodiscard]] std::size_t sub_directory(std::size_t directory, std::uint32_t tag) const noexcept;
  [[nodiscard]] std::size_t find(std::size_t directory, std::uint32_t tag) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t directory, std::uint32_t tag) const noexcept;
  void set_number(std::size_t directory, std::uint32_t tag, std::uint32_t value) noexcept;
  [[nodiscard]] Extent thumbnail() const noexcept;
  void erase(Extent extent) noexcept;
  void erase_directory(std::size_t directory) noexcept;

  Bytes tiff_;
  bool little_endian_;
};

}  // namespace hdrtile
