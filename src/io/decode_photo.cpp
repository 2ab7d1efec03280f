#include "codec.h"
#include "colour.h"
#include "format.h"
#include "orientation.h"
#include "samples.h"

namespace hdrtile {
namespace {

using Space = ColourProfile::Space;

/// Whether samples of so many channels can be meant by a profile of that space. Grey photos often carry RGB profiles.
bool suits(Space space, int channels) {
  switch (channels) {
    case 1:
      return space == Space::grey || space == Space::rgb;
    case 3:
      return space == Space::rgb;
    default:
      return space == Space::cmyk;
  }
}

/// The embedded profile, whatever channels it is for; null where there is none, or it is damaged.
std::shared_ptr<const ColourProfile> open_profile(const Metadata& metadata, const std::filesystem::path& path) {
  auto profile = ColourProfile::open(metadata.icc);
  if (profile && profile->is_hdr()) refuse_hdr(path);
  return profile;
}

/// The embedded profile, if there is one that can be used; what cannot is taken out of the metadata, with a warning.
std::shared_ptr<const ColourProfile> take_profile(FileHead& head, const std::filesystem::path& path) {
  Bytes& icc = head.metadata.icc;
  if (icc.empty()) return nullptr;
  auto profile = open_profile(head.metadata, path);
  if (profile && suits(profile->space(), head.channels)) return profile;
  head.warnings.emplace_back(
      profile
          ? "the colour profile is for other channels than the photo has: it was dropped, the photo is taken as sRGB"
          : "the colour profile is damaged: it was dropped, the photo is taken as sRGB");
  icc.clear();
  return nullptr;
}

void require_known_colours(int channels, const ColourProfile* profile, const std::filesystem::path& path) {
  if (channels != 4 || (profile != nullptr && suits(profile->space(), channels))) return;
  throw Error(ErrorCode::unsupported, path.string() +
                                          ": is CMYK without a usable colour profile, so its colours are not "
                                          "known; convert it to RGB");
}

/// Ink cannot be written back, so the photo becomes an sRGB one here.
Image from_cmyk(DecodedFile& file, const ColourProfile* profile, const std::filesystem::path& path) {
  require_known_colours(file.head.channels, profile, path);
  file.head.warnings.emplace_back("CMYK was converted to sRGB by its profile; the result is RGB");
  file.head.metadata.icc.clear();
  return to_depth(profile->to_srgb(file.pixels), file.head.depth);
}

Image to_working(DecodedFile& file, const ColourProfile* profile, const std::filesystem::path& path) {
  if (file.head.channels == 4) return from_cmyk(file, profile, path);
  const bool is_srgb = profile == nullptr || profile->is_srgb();
  if (!is_srgb && profile->space() == Space::grey) return profile->to_srgb(file.pixels);
  Image rgb = file.head.channels == 1 ? expand_grey(file.pixels) : std::move(file.pixels);
  return is_srgb ? std::move(rgb) : profile->to_srgb(rgb);
}

}  // namespace

PhotoHeader read_header(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                        const DecodeLimits& limits) {
  const Format format = require_format(file, path);
  const FileHead head = codec_of(format).read_head(file, path, limits);
  PhotoHeader header;
  header.format = format;
  header.orientation = head.orientation;
  header.size = upright_size(head.size, header.orientation);
  header.depth = head.depth;
  header.grey = head.channels == 1;
  header.alpha = head.alpha;
  const auto profile = open_profile(head.metadata, path);
  require_known_colours(head.channels, profile.get(), path);
  if (profile) header.profile = profile->description();
  const bool stays_in_profile = profile && profile->space() != Space::cmyk && !profile->is_srgb();
  header.decoded_depth = stays_in_profile ? Depth::f32 : head.depth;
  header.stamp = read_stamp(head.metadata.xmp.packet);
  return header;
}

std::optional<Stamp> read_stamp(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                                const DecodeLimits& limits) {
  const Codec& codec = codec_of(require_format(file, path));
  return read_stamp(codec.read_head(file, path, limits).metadata.xmp.packet);
}

Photo decode_photo(std::span<const std::uint8_t> bytes, const std::filesystem::path& path, const DecodeLimits& limits) {
  const Format format = require_format(bytes, path);
  DecodedFile file = codec_of(format).decode(bytes, path, limits);
  const int orientation = file.head.orientation;
  file.pixels = upright(std::move(file.pixels), orientation);

  const auto profile = take_profile(file.head, path);
  Photo photo;
  photo.pixels = to_working(file, profile.get(), path);
  photo.alpha = upright(std::move(file.alpha), orientation);
  photo.file_depth = file.head.depth;
  photo.format = format;
  photo.grey = file.head.channels == 1;
  if (profile) photo.profile = profile->description();
  photo.metadata = std::make_shared<const Metadata>(std::move(file.head.metadata));
  photo.warnings = std::move(file.head.warnings);
  return photo;
}

}  // namespace hdrtile
