#include "xmp.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "exiv2_toolkit.h"

namespace hdrtile {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

constexpr std::size_t max_jpeg_packet = 65'502;  // 64 KB less the segment's length and identifier

Exiv2::XmpData parse(const std::string& packet) {
  Exiv2::XmpData data;
  if (!packet.empty() && Exiv2::XmpParser::decode(data, packet) != 0) {
    throw std::runtime_error("the XMP packet cannot be parsed");
  }
  return data;
}

std::string serialise(const Exiv2::XmpData& data, bool wrapped) {
  std::string packet;
  if (data.empty()) return packet;
  unsigned flags = Exiv2::XmpParser::useCompactFormat;
  if (!wrapped) flags |= Exiv2::XmpParser::omitPacketWrapper;
  if (Exiv2::XmpParser::encode(packet, data, static_cast<std::uint16_t>(flags)) != 0) {
    throw std::runtime_error("the XMP packet cannot be written");
  }
  return packet;
}

std::string value_of(const Exiv2::XmpData& data, const char* key) {
  const auto found = data.findKey(Exiv2::XmpKey(key));
  return found == data.end() ? std::string() : found->toString();
}

template <typename Predicate>
void remove_if(Exiv2::XmpData& data, const Predicate& matches) {
  for (auto datum = data.begin(); datum != data.end();) {
    datum = matches(*datum) ? data.erase(datum) : std::next(datum);
  }
}

/// Positions, under the names that cameras, drones and Lightroom give them.
bool is_position(const Exiv2::Xmpdatum& datum) {
  const std::string key = lower_case(datum.key());
  return key.find("gps") != std::string::npos || key.ends_with("latitude") || key.ends_with("longitude");
}

/// What speaks of data that hdrtile does not carry: gain maps and films behind the picture, thumbnails.
bool is_stale(const Exiv2::Xmpdatum& datum) {
  const std::string uri = Exiv2::XmpProperties::ns(datum.groupName());
  const std::string name = datum.tagName();
  return uri == "http://ns.adobe.com/hdr-gain-map/1.0/" || uri == "http://ns.apple.com/HDRGainMap/1.0/" ||
         uri == "http://ns.google.com/photos/1.0/container/" || name.starts_with("MicroVideo") ||
         name.starts_with("MotionPhoto") || (datum.groupName() == "xmp" && name.starts_with("Thumbnails"));
}

void set_where_stated(Exiv2::XmpData& data, const char* key, const std::string& value) {
  const auto found = data.findKey(Exiv2::XmpKey(key));
  if (found != data.end()) found->setValue(value);
}

void add_missing(Exiv2::XmpData& data, const Exiv2::XmpData& further) {
  for (const auto& datum : further) {
    if (data.findKey(Exiv2::XmpKey(datum.key())) == data.end()) data.add(datum);
  }
}

/// IPTC as XMP, by the mapping of the IPTC standard. What the XMP says already stays.
void add_iptc(Exiv2::XmpData& data, ByteView iptc) {
  Exiv2::IptcData records;
  if (Exiv2::IptcParser::decode(records, iptc.data(), static_cast<std::uint32_t>(iptc.size())) != 0) {
    throw std::runtime_error("the IPTC records cannot be parsed");
  }
  Exiv2::XmpData converted;
  Exiv2::copyIptcToXmp(records, converted);
  add_missing(data, converted);
}

void apply(Exiv2::XmpData& data, const XmpEdits& edits) {
  remove_if(data, is_stale);
  if (!edits.iptc.empty()) add_iptc(data, edits.iptc);
  if (edits.remove_gps) remove_if(data, is_position);
  if (edits.to_srgb) {
    set_where_stated(data, "Xmp.exif.ColorSpace", "1");
    set_where_stated(data, "Xmp.photoshop.ICCProfile", "sRGB");
  }
  const std::string width = std::to_string(edits.size.width);
  const std::string height = std::to_string(edits.size.height);
  if (edits.set_upright) set_where_stated(data, "Xmp.tiff.Orientation", "1");
  set_where_stated(data, "Xmp.tiff.ImageWidth", width);
  set_where_stated(data, "Xmp.tiff.ImageLength", height);
  set_where_stated(data, "Xmp.exif.PixelXDimension", width);
  set_where_stated(data, "Xmp.exif.PixelYDimension", height);
  if (edits.stamp) {
    data["Xmp.hdrtile.Version"] = edits.stamp->version;
    data["Xmp.hdrtile.Model"] = edits.stamp->model;
    data["Xmp.hdrtile.Settings"] = edits.stamp->settings;
    data["Xmp.hdrtile.InputHash"] = edits.stamp->input_hash;
    if (!edits.stamp->engine.empty()) data["Xmp.hdrtile.Engine"] = edits.stamp->engine;
  }
}

std::string md5_upper(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no MD5, which extended XMP needs");
  }
  constexpr char digits[] = "0123456789ABCDEF";
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) (hex += digits[digest[i] >> 4U]) += digits[digest[i] & 15U];
  return hex;
}

/// The property that a datum is, or is a part of: "Xmp.xmpMM.History" of "Xmp.xmpMM.History[1]/stEvt:action".
std::string property_of(const Exiv2::Xmpdatum& datum) {
  const std::string key = datum.key();
  return key.substr(0, key.find_first_of("[/"));
}

/// What is looked for in the packet.
bool stays_in_packet(const Exiv2::Xmpdatum& datum) {
  return datum.groupName() == "hdrtile" || datum.tagName() == "HasExtendedXMP";
}

/// Properties that may leave the packet, and about how many bytes they take.
std::vector<std::pair<std::string, std::size_t>> largest_first(const Exiv2::XmpData& data) {
  std::map<std::string, std::size_t> sizes;
  for (const auto& datum : data) {
    if (!stays_in_packet(datum)) sizes[property_of(datum)] += static_cast<std::size_t>(datum.size());
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(sizes.begin(), sizes.end());
  std::ranges::stable_sort(sorted, std::greater(), [](const auto& property) { return property.second; });
  return sorted;
}

Xmp divided(const Exiv2::XmpData& data, const std::set<std::string>& extended) {
  Exiv2::XmpData main;
  Exiv2::XmpData further;
  for (const auto& datum : data) (extended.contains(property_of(datum)) ? further : main).add(datum);
  Xmp result;
  result.extended = serialise(further, false);
  main["Xmp.xmpNote.HasExtendedXMP"] = md5_upper(result.extended);
  result.packet = serialise(main, true);
  return result;
}

/// A packet that is by so much too large for one JPEG segment: its largest properties move to the extended part, as
/// Adobe's XMP toolkit has it, for readers that do not look there.
Xmp split(const Exiv2::XmpData& data, std::size_t excess) {
  std::set<std::string> extended;
  for (const auto& [property, bytes] : largest_first(data)) {
    extended.insert(property);
    if (bytes < excess) {
      excess -= bytes;
      continue;
    }
    Xmp result = divided(data, extended);
    if (result.packet.size() <= max_jpeg_packet) return result;
    excess = result.packet.size() - max_jpeg_packet;
  }
  return divided(data, extended);
}

void merge(Exiv2::XmpData& data, const std::string& extended) { add_missing(data, parse(extended)); }

Xmp edited(const Xmp& source, const XmpEdits& edits) {
  Exiv2::XmpData data = parse(source.packet);
  Xmp result;
  // The extended part is parsed only where it must change: carried as it is, it keeps its MD5 and its every byte.
  const bool has_position = edits.remove_gps && names_position(source.extended);
  if (edits.merge_extended || has_position) {
    if (!source.extended.empty()) merge(data, source.extended);
  } else {
    result.extended = source.extended;
  }
  if (result.extended.empty()) {
    remove_if(data, [](const auto& datum) { return datum.tagName() == "HasExtendedXMP"; });
  }
  apply(data, edits);
  result.packet = serialise(data, true);
  if (edits.merge_extended || result.packet.size() <= max_jpeg_packet) return result;
  const std::size_t excess = result.packet.size() - max_jpeg_packet;
  if (!result.extended.empty()) merge(data, result.extended);
  return split(data, excess);
}

}  // namespace

bool names_position(std::string_view text) {
  const std::string lower = lower_case(std::string(text));
  return std::ranges::any_of(std::array{"gps", "latitude", "longitude"},
                             [&](const char* word) { return lower.find(word) != std::string::npos; });
}

std::optional<Stamp> read_stamp(const std::string& packet) {
  if (packet.find(stamp_namespace) == std::string::npos) return std::nullopt;
  try {
    const Exiv2Toolkit toolkit;
    const Exiv2::XmpData data = parse(packet);
    const Stamp stamp{value_of(data, "Xmp.hdrtile.Version"), value_of(data, "Xmp.hdrtile.Model"),
                      value_of(data, "Xmp.hdrtile.Settings"), value_of(data, "Xmp.hdrtile.InputHash"),
                      value_of(data, "Xmp.hdrtile.Engine")};
    if (stamp == Stamp{}) return std::nullopt;
    return stamp;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Xmp edit_xmp(const Xmp& source, const XmpEdits& edits, Warnings& warnings) {
  const Exiv2Toolkit toolkit;
  try {
    return edited(source, edits);
  } catch (const std::exception& error) {
    warnings.push_back(std::string("XMP is damaged and was dropped: ") + error.what());
  }
  try {
    return edited({}, edits);
  } catch (const std::exception& error) {
    warnings.push_back(std::string("no stamp was written: ") + error.what());
    return {};
  }
}

std::string extended_xmp_id(const std::string& packet) {
  constexpr std::size_t digits = 32;
  const std::size_t name = packet.find("HasExtendedXMP");
  if (name == std::string::npos) return {};
  const std::size_t start = packet.find_first_of("0123456789ABCDEFabcdef", name + std::string("HasExtendedXMP").size());
  return start == std::string::npos ? std::string() : packet.substr(start, digits);
}

}  // namespace hdrtile
