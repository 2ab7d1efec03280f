#pragma once

#include <optional>

#include "hdrtile/image.h"
#include "tiff_structure.h"

namespace hdrtile {

/// An EXIF block (a TIFF structure) that is changed where it lies: no tag moves to another offset, so that maker notes,
/// whose inner offsets only their maker knows, stay valid. What lies outside the block or has an odd type is left
/// alone.
class ExifPatch : public TiffStructure {
 public:
  /// Empty when it is no TIFF structure.
  [[nodiscard]] static std::optional<ExifPatch> open(Bytes tiff);

  [[nodiscard]] bool states_orientation() const noexcept;
  [[nodiscard]] int orientation() const noexcept;  ///< 1..8; 1 when not stated

  [[nodiscard]] bool is_adobe_rgb() const noexcept;  ///< by DCF's index "R03": cameras name a profile so

  void set_upright();
  void set_size(Size size);
  void set_srgb();  ///< what it says of the colour space
  /// Most bytes that a new thumbnail may have; 0: there is none to replace.
  [[nodiscard]] std::size_t thumbnail_room() const noexcept;
  void replace_thumbnail(ByteView jpeg, Size size);
  void drop_thumbnail();
  void remove_gps();
  void remove_maker_note();

 private:
  struct Extent {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  explicit ExifPatch(TiffStructure structure) : TiffStructure(std::move(structure)) {}

  [[nodiscard]] std::size_t thumbnail_directory() const noexcept { return next_directory(first_directory()); }
  /// The entry of DCF's index; 0: none.
  [[nodiscard]] std::size_t interoperability() const noexcept;
  void set_number(std::size_t directory, std::uint32_t tag, std::uint32_t value) noexcept;
  [[nodiscard]] Extent thumbnail() const noexcept;
  void erase(Extent extent) noexcept;
  void erase_value(std::size_t entry) noexcept;
  void erase_directory(std::size_t directory) noexcept;
  /// With its value, as often as it is there.
  void remove_tag(std::size_t directory, std::uint32_t tag) noexcept;
  void remove_entry(std::size_t directory, std::size_t entry) noexcept;
};

}  // namespace hdrtile
