#include "tiff_exif.h"

#include <algorithm>
#include <array>
#include <map>

#include "exiv2_toolkit.h"
#include "hdrtile/error.h"
#include "tiff_extent.h"
#include "tiff_structure.h"

namespace hdrtile {
namespace {

constexpr std::uint16_t photoshop_layers = 0x935C;  // Photoshop opens them in the place of the picture
/// Tags of the first directory that say how a file's own picture is stored, and blocks that metadata carries apart.
constexpr std::array<std::uint16_t, 46> structure_tags = {
    0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010A, 0x0111, 0x0115, 0x0116, 0x0117,
    0x0118, 0x0119, 0x011C, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x013D, 0x0140, 0x0142,
    0x0143, 0x0144, 0x0145, 0x014A, 0x0152, 0x0153, 0x0154, 0x0155, 0x015B, 0x0200, 0x0201, 0x0202,
    0x0211, 0x0212, 0x0213, 0x0214, 0x02BC, 0x83BB, 0x8649, 0x8773, 0x828D, 0x828E};
constexpr std::uint16_t first_dng_tag = 0xC612;
constexpr std::uint16_t last_dng_tag = 0xCD50;

bool is_structure(std::uint16_t tag) {
  return std::ranges::find(structure_tags, tag) != structure_tags.end() || tag == photoshop_layers ||
         (tag >= first_dng_tag && tag <= last_dng_tag);
}

bool is_layers(const Exiv2::Exifdatum& datum) {
  return datum.groupName() == "Image" && datum.tag() == photoshop_layers;
}

bool describes_pixels(const Exiv2::Exifdatum& datum) {
  const std::string group = datum.groupName();
  if (group == "Thumbnail" || group.starts_with("SubImage") || group.starts_with("SubThumb") || group == "Image2" ||
      group == "Image3") {
    return true;
  }
  if (group != "Image") return false;
  return is_structure(datum.tag());
}

Exiv2::ExifData without_structure(const Exiv2::ExifData& data) {
  Exiv2::ExifData kept;
  for (const auto& datum : data) {
    if (!describes_pixels(datum)) kept.add(datum);
  }
  return kept;
}

/// exiv2's buffers: members in its versions before 0.28, functions since.
template <typename Buffer>
Bytes buffer_content(const Buffer& buffer) {
  if constexpr (requires { buffer.c_data(); }) {
    return {buffer.c_data(), buffer.c_data() + buffer.size()};
  } else {
    return {buffer.pData_, buffer.pData_ + buffer.size_};
  }
}

}  // namespace

TiffMetadata read_metadata_of_tiff(ByteView file, MetadataBudget& budget, Warnings& warnings) {
  TiffMetadata metadata;
  if (!budget.take(stated_bytes(file), "EXIF")) return metadata;  // exiv2 takes a copy of every tag
  try {
    const Exiv2Toolkit toolkit;
    const auto image = Exiv2::ImageFactory::open(file.data(), static_cast<std::uint32_t>(file.size()));
    image->readMetadata();
    metadata.xmp = image->xmpPacket();
    if (!image->iptcData().empty()) metadata.iptc = buffer_content(Exiv2::IptcParser::encode(image->iptcData()));
    if (std::ranges::any_of(image->exifData(), is_layers))
      warnings.emplace_back("layers were dropped: what is enhanced is the picture that they make");
    Exiv2::ExifData exif = without_structure(image->exifData());  // not const: exiv2 0.28 asks for that
    if (exif.empty()) return metadata;
    metadata.exif = encode_exif(exif, image->byteOrder());
  } catch (const std::exception& error) {
    warnings.push_back(std::string("EXIF cannot be read and was dropped: ") + error.what());
  }
  return metadata;
}

Bytes join_directories(Bytes tiff) {
  auto file = TiffStructure::open(std::move(tiff));
  if (!file) throw Error(ErrorCode::output, "the TIFF that was made has no directory");
  const std::size_t exif = file->first_directory();
  const std::size_t picture = file->next_directory(exif);
  std::map<std::uint32_t, ByteView> entries;  // directories are sorted by tag
  const auto add = [&](std::size_t directory, bool all) {
    for (std::uint32_t i = 0; i < file->get(directory, 2); ++i) {
      const std::size_t entry = directory + 2 + i * TiffStructure::entry_bytes;
      const std::uint32_t tag = file->get(entry, 2);
      if (all || !is_structure(static_cast<std::uint16_t>(tag)))
        entries.emplace(tag, file->bytes().subspan(entry, TiffStructure::entry_bytes));
    }
  };
  add(picture, true);
  add(exif, false);
  Bytes directory(2);
  for (const auto& [tag, entry] : entries) append(directory, entry);
  directory.resize(directory.size() + 4);  // no further one

  Bytes joined = std::move(*file).take();
  joined.resize((joined.size() + 1) & ~std::size_t{1});
  const auto place = static_cast<std::uint32_t>(joined.size());
  append(joined, directory);
  file = TiffStructure::open(std::move(joined));
  file->put(place, 2, static_cast<std::uint32_t>(entries.size()));
  file->put(4, 4, place);
  return std::move(*file).take();
}

}  // namespace hdrtile
