#include "exif_fit.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

#include "exiv2_toolkit.h"
#include "tiff_extent.h"

namespace hdrtile {
namespace {

constexpr auto thumbnail = "the thumbnail";
constexpr auto maker_note = "the maker note";

bool is_maker_note(const Exiv2::Exifdatum& datum) { return datum.key() == "Exif.Photo.MakerNote"; }

/// What goes as a whole or stays.
std::string part_of(const Exiv2::Exifdatum& datum) {
  if (datum.groupName() == "Thumbnail") return thumbnail;
  if (is_maker_note(datum) || Exiv2::ExifTags::isMakerGroup(datum.groupName())) return maker_note;
  return datum.key();
}

std::size_t bytes_of(const Exiv2::Exifdatum& datum) {
  const bool lies_in_maker_note = part_of(datum) == maker_note && !is_maker_note(datum);
  return lies_in_maker_note ? 0 : static_cast<std::size_t>(datum.size() + datum.sizeDataArea());
}

/// The part that is missed least of those that are enough; where none is, of all.
std::string least_missed(const Exiv2::ExifData& data, std::size_t enough) {
  std::map<std::string, std::size_t> parts;
  for (const auto& datum : data) parts[part_of(datum)] += bytes_of(datum);
  const auto worth = [&](const auto& part) {
    const auto& [name, bytes] = part;
    return std::tuple(bytes < enough, name != thumbnail, name != maker_note, -static_cast<std::ptrdiff_t>(bytes));
  };
  return std::ranges::min_element(parts, {}, worth)->first;
}

void remove(Exiv2::ExifData& data, const std::string& part) {
  for (auto datum = data.begin(); datum != data.end();) {
    datum = part_of(*datum) == part ? data.erase(datum) : std::next(datum);
  }
}

}  // namespace

Bytes fit_exif(ByteView exif, std::size_t most_bytes, Warnings& warnings) {
  try {
    if (overstates(exif)) throw std::runtime_error("its tags name more than there is");
    const Exiv2Toolkit toolkit;
    Exiv2::ExifData data;
    const auto order = Exiv2::ExifParser::decode(data, exif.data(), static_cast<std::uint32_t>(exif.size()));
    std::string removed;
    Bytes block = encode_exif(data, order);
    while (block.size() > most_bytes && !data.empty()) {
      const std::string part = least_missed(data, block.size() - most_bytes);
      remove(data, part);
      removed += (removed.empty() ? "" : ", ") + part;
      block = encode_exif(data, order);
    }
    if (!removed.empty()) warnings.push_back("EXIF is too large for a JPEG: what was dropped of it is " + removed);
    return block;
  } catch (const std::exception& error) {
    warnings.push_back(std::string("EXIF is too large for a JPEG, and damaged: it was dropped: ") + error.what());
    return {};
  }
}

}  // namespace hdrtile
