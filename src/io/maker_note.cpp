#include "maker_note.h"

#include <algorithm>
#include <array>

#include "exiv2_toolkit.h"
#include "tiff_extent.h"

namespace hdrtile {
namespace {

bool is_standard(std::string_view group) {
  constexpr std::array groups = {"Image", "Photo", "GPSInfo", "Iop", "Thumbnail", "MakerNote"};
  return std::ranges::find(groups, group) != groups.end();
}

/// Tags of places; those of time zones (TimeZoneCity, HometownCity) are another matter.
bool names_a_place(std::string_view tag) {
  constexpr std::array places = {"City",         "Country",          "State", "Landmark", "Location",
                                 "LocationName", "LocalLocationName"};
  return tag.find("GPS") != std::string_view::npos || std::ranges::find(places, tag) != places.end();
}

bool says_something(const Exiv2::Exifdatum& datum) {
  Bytes value(static_cast<std::size_t>(datum.size()));
  datum.copy(value.data(), Exiv2::littleEndian);
  return std::ranges::any_of(value, [](std::uint8_t byte) { return byte != 0 && byte != ' ' && byte != '-'; });
}

}  // namespace

bool maker_note_tells_place(ByteView exif) {
  if (overstates(exif)) return true;
  try {
    const Exiv2Toolkit toolkit;
    Exiv2::ExifData data;
    Exiv2::ExifParser::decode(data, exif.data(), static_cast<std::uint32_t>(exif.size()));
    return std::ranges::any_of(data, [](const Exiv2::Exifdatum& datum) {
      return !is_standard(datum.groupName()) && names_a_place(datum.tagName()) && says_something(datum);
    });
  } catch (const std::exception&) {
    return true;  // what cannot be read cannot be trusted
  }
}

}  // namespace hdrtile
