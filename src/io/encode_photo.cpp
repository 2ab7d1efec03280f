#include <algorithm>

#include "codec.h"
#include "colour.h"
#include "resample.h"
#include "samples.h"

namespace hdrtile {
namespace {

/// The profile the result is written in; null: sRGB. What cannot be used is taken out of the metadata.
std::shared_ptr<const ColourProfile> target_profile(const FormatFacts& target, Metadata& metadata) {
  auto profile = ColourProfile::open(metadata.icc);
  if (profile && profile->space() == ColourProfile::Space::grey && !target.grey) profile = nullptr;
  if (!profile) metadata.icc.clear();
  return profile;
}

/// Pixels back in the embedded profile, at `depth`. Empty, and the profile gone from `metadata`, when there is no way.
Image to_profile(const Image& srgb, const ColourProfile& profile, Depth depth, Metadata& metadata, Warnings& warnings) {
  Image native = profile.from_srgb(srgb, depth);
  if (native.empty()) {
    warnings.emplace_back(
        "the colour profile works in one direction alone: the result is sRGB, what lay outside is clipped");
    metadata.icc.clear();
  }
  return native;
}

/// The photo's pixels as the file's samples: its profile, depth and channels. Empty when they are that already.
Image to_native(const Photo& photo, const FormatFacts& target, Depth depth, Metadata& metadata, Warnings& warnings) {
  Image native;
  const auto profile = target_profile(target, metadata);
  const bool was_converted = profile && photo.pixels.depth() == Depth::f32 && !profile->is_srgb();
  if (was_converted) native = to_profile(photo.pixels, *profile, depth, metadata, warnings);
  if (native.empty() && photo.pixels.depth() != depth) native = to_depth(photo.pixels, depth);
  if (!photo.grey || !target.grey || native.channels() == 1) return native;
  return to_grey(native.empty() ? photo.pixels : native);
}

/// Alpha as large and as deep as the pixels it goes with. Empty when it is that already.
Image fit_alpha(const Image& alpha, Size size, Depth depth) {
  Image fitted;
  if (alpha.size() != size) fitted = resized(alpha, size);
  if (alpha.depth() != depth) fitted = to_depth(fitted.empty() ? alpha : fitted, depth);
  return fitted;
}

void tell_what_is_lost(const Photo& photo, const FormatFacts& target, Warnings& warnings) {
  const std::string name(target.name);
  if (photo.file_depth > target.max_depth) {
    const auto bits = [](Depth depth) { return std::to_string(8 * bytes_per_sample(depth)); };
    warnings.push_back(bits(photo.file_depth) + " bit were reduced to " + bits(target.max_depth) + ": a " + name +
                       " holds no more; --format " + (photo.file_depth == Depth::u16 ? "png" : "tiff") + " keeps them");
  }
  if (!photo.alpha.empty() && !target.alpha)
    warnings.push_back("transparency was dropped: a " + name + " has none; --format png keeps it");
}

}  // namespace

std::vector<std::uint8_t> encode_photo(const Photo& photo, const EncodeOptions& options,
                                       std::vector<std::string>& warnings) {
  const Codec& codec = codec_of(options.format.value_or(photo.format));
  const Depth depth = std::min(photo.file_depth, codec.facts.max_depth);
  const MetadataEdits edits{.format = codec.facts.name,
                            .places = codec.places,
                            .size = photo.pixels.size(),
                            .policy = options.metadata,
                            .stamp = options.stamp,
                            .make_thumbnail = [&](std::size_t room) { return make_thumbnail(photo.pixels, room); }};
  Metadata metadata = edit_metadata(photo.metadata ? *photo.metadata : Metadata(), edits, warnings);
  const Image converted = to_native(photo, codec.facts, depth, metadata, warnings);
  const Image& pixels = converted.empty() ? photo.pixels : converted;

  tell_what_is_lost(photo, codec.facts, warnings);

  const bool has_alpha = codec.facts.alpha && !photo.alpha.empty();
  const Image fitted = has_alpha ? fit_alpha(photo.alpha, pixels.size(), depth) : Image();
  const Image& alpha = has_alpha && fitted.empty() ? photo.alpha : fitted;
  return codec.encode({.pixels = pixels, .alpha = alpha, .metadata = metadata, .quality = options.quality}, warnings);
}

}  // namespace hdrtile
