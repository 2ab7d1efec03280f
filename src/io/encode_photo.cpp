#include <algorithm>
#include <cmath>

#include "codec.h"
#include "colour.h"
#include "resample.h"
#include "samples.h"

namespace hdrtile {
namespace {

/// The profile the result is written in; null: sRGB. What cannot be used is taken out of the metadata.
std::shared_ptr<const ColourProfile> target_profile(const MetadataPlaces& places, bool grey, Metadata& metadata,
                                                    Warnings& warnings) {
  auto profile = ColourProfile::open(metadata.icc);
  const bool fits = profile && (profile->space() == ColourProfile::Space::grey) == grey;
  if (profile && !fits && !(grey && places.rgb_profile_of_grey)) {
    warnings.emplace_back(
        "the colour profile is for other channels than the result has: it was dropped, the result is sRGB");
    drop_profile(metadata);
    return nullptr;
  }
  if (!profile) metadata.icc.clear();
  return profile;
}

/// Pixels back in the embedded profile, at `depth`. Empty, and the profile gone from `metadata`, when there is no way.
Image to_profile(const Image& srgb, const ColourProfile& profile, Depth depth, bool dither, Metadata& metadata,
                 Warnings& warnings) {
  Image native = profile.from_srgb(srgb, dither ? Depth::f32 : depth);
  if (!native.empty() && native.depth() != depth) native = to_depth(native, depth, dither);
  if (native.empty()) {
    warnings.emplace_back(
        "the colour profile works in one direction alone: the result is sRGB, what lay outside is clipped");
    drop_profile(metadata);
  }
  return native;
}

/// sRGB pixels as the file's samples: its profile, depth and channels. Empty when they are that already.
Image to_native(const Image& srgb, bool grey, Depth depth, const ColourProfile* profile, const EncodeOptions& options,
                Metadata& metadata, Warnings& warnings) {
  Image native;
  const bool was_converted = profile != nullptr && srgb.depth() == Depth::f32 && !profile->is_srgb();
  if (was_converted) native = to_profile(srgb, *profile, depth, options.dither, metadata, warnings);
  if (native.empty() && srgb.depth() != depth) native = to_depth(srgb, depth, options.dither && srgb.depth() > depth);
  if (!grey || native.channels() == 1) return native;
  return to_grey(native.empty() ? srgb : native);
}

/// Alpha as large and as deep as the pixels it goes with. Empty when it is that already.
Image fit_alpha(const Image& alpha, Size size, Depth depth) {
  Image fitted;
  if (alpha.size() != size) fitted = resized(alpha, size);
  if (alpha.depth() != depth) fitted = to_depth(fitted.empty() ? alpha : fitted, depth);
  return fitted;
}

/// The photo's colours at another size. Beside transparency each pixel counts by its alpha: what lies under transparent
/// ones is mostly black, and would show at the edges.
Image colours_at(Size size, const Photo& photo, bool has_alpha) {
  const Image& pixels = photo.pixels;
  if (!has_alpha) return resized(pixels, size);
  const Image fitted = fit_alpha(photo.alpha, pixels.size(), pixels.depth());
  const Image& alpha = fitted.empty() ? photo.alpha : fitted;
  Image colours = resized(premultiplied(pixels, alpha), size);
  unpremultiply(colours, resized(alpha, size));
  return colours;
}

Chroma choose_chroma(const EncodeOptions& options, const Metadata& metadata) {
  constexpr int full_quality = 90;  // who asks for such quality looks at edges
  const Chroma usual = options.quality >= full_quality ? Chroma::full : Chroma::quarter;
  return options.chroma.value_or(metadata.chroma.value_or(usual));
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
  const Codec& codec = codec_of(options.format.value_or(usual_output(photo.format)));
  const Depth depth = std::min(photo.file_depth, codec.facts.max_depth);
  const Size size = fit_within(photo.pixels.size(), options.max_side);
  const bool has_alpha = codec.facts.alpha && !photo.alpha.empty();
  const Image shrunk = size == photo.pixels.size() ? Image() : colours_at(size, photo, has_alpha);
  const Image& srgb = shrunk.empty() ? photo.pixels : shrunk;

  const MetadataEdits edits{.format = codec.facts.name,
                            .places = codec.places,
                            .size = size,
                            .policy = options.metadata,
                            .to_srgb = options.to_srgb,
                            .stamp = options.stamp,
                            .make_thumbnail = [&](std::size_t room) { return make_thumbnail(srgb, room); }};
  Metadata metadata = edit_metadata(photo.metadata ? *photo.metadata : Metadata(), edits, warnings);
  const bool grey = photo.grey && codec.facts.grey && !options.to_srgb;
  const auto profile = options.to_srgb ? nullptr : target_profile(codec.places, grey, metadata, warnings);
  const Image converted = to_native(srgb, grey, depth, profile.get(), options, metadata, warnings);
  const Image& pixels = converted.empty() ? srgb : converted;
  tell_what_is_lost(photo, codec.facts, warnings);

  const Image fitted = has_alpha ? fit_alpha(photo.alpha, size, depth) : Image();
  const Image& alpha = has_alpha && fitted.empty() ? photo.alpha : fitted;
  return codec.encode({.pixels = pixels,
                       .alpha = alpha,
                       .metadata = metadata,
                       .quality = options.quality,
                       .chroma = choose_chroma(options, metadata),
                       .spread = options.spread},
                      warnings);
}

void in_turn(int count, const std::function<void(int index)>& task) {
  for (int i = 0; i < count; ++i) task(i);
}

Size fit_within(Size size, int max_side) noexcept {
  const int longest = std::max(size.width, size.height);
  if (max_side <= 0 || longest <= max_side) return size;
  const double scale = static_cast<double>(max_side) / longest;
  const auto side = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
  return {side(size.width), side(size.height)};
}

Format usual_output(Format own) { return facts_of(own).writes ? own : Format::jpeg; }

}  // namespace hdrtile
