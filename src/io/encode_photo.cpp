#include "colour.h"
#include "jpeg_codec.h"
#include "metadata.h"
#include "png_codec.h"
#include "resample.h"
#include "samples.h"

namespace hdrtile {
namespace {

/// Pixels back in the embedded profile, at `depth`. Empty, and the profile gone from `metadata`, when there is no way.
Image to_profile(const Image& srgb, Depth depth, Metadata& metadata, Warnings& warnings) {
  const auto profile = ColourProfile::open(metadata.icc);
  Image native = profile ? profile->from_srgb(srgb, depth) : Image();
  if (native.empty()) {
    warnings.emplace_back(
        "the colour profile works in one direction alone: the result is sRGB, what lay outside is clipped");
    metadata.icc.clear();
  }
  return native;
}

/// The photo's pixels as the file's samples: its profile, depth and channels. Empty when they are that already.
Image to_native(const Photo& photo, Depth depth, Metadata& metadata, Warnings& warnings) {
  Image native;
  const bool was_converted = photo.pixels.depth() == Depth::f32 && !metadata.icc.empty();
  if (was_converted) native = to_profile(photo.pixels, depth, metadata, warnings);
  if (native.empty() && photo.pixels.depth() != depth) native = to_depth(photo.pixels, depth);
  if (!photo.grey || native.channels() == 1) return native;
  return to_grey(native.empty() ? photo.pixels : native);
}

/// Alpha as large and as deep as the pixels it goes with. Empty when it is that already.
Image fit_alpha(const Image& alpha, Size size, Depth depth) {
  Image fitted;
  if (alpha.size() != size) fitted = resized(alpha, size);
  if (alpha.depth() != depth) fitted = to_depth(fitted.empty() ? alpha : fitted, depth);
  return fitted;
}

void tell_what_a_jpeg_loses(const Photo& photo, Warnings& warnings) {
  if (photo.file_depth != Depth::u8)
    warnings.emplace_back("16 bit were reduced to 8: a JPEG holds no more; --format png keeps them");
  if (!photo.alpha.empty()) warnings.emplace_back("transparency was dropped: a JPEG has none; --format png keeps it");
}

}  // namespace

std::vector<std::uint8_t> encode_photo(const Photo& photo, const EncodeOptions& options,
                                       std::vector<std::string>& warnings) {
  const Format format = options.format.value_or(photo.format);
  const Depth depth = format == Format::jpeg ? Depth::u8 : photo.file_depth;
  const MetadataEdits edits{.format = format,
                            .size = photo.pixels.size(),
                            .policy = options.metadata,
                            .stamp = options.stamp,
                            .make_thumbnail = [&](std::size_t room) { return make_thumbnail(photo.pixels, room); }};
  Metadata metadata = edit_metadata(photo.metadata ? *photo.metadata : Metadata(), edits, warnings);
  const Image converted = to_native(photo, depth, metadata, warnings);
  const Image& pixels = converted.empty() ? photo.pixels : converted;

  if (format == Format::jpeg) {
    tell_what_a_jpeg_loses(photo, warnings);
    return encode_jpeg(pixels, options.quality, metadata, warnings);
  }
  if (photo.alpha.empty()) return encode_png(pixels, {}, metadata);
  const Image fitted = fit_alpha(photo.alpha, pixels.size(), depth);
  return encode_png(pixels, fitted.empty() ? photo.alpha : fitted, metadata);
}

}  // namespace hdrtile
