#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bytes.h"
#include "hdrtile/photo.h"
#include "xmp.h"

namespace hdrtile {

/// Pixels per unit, as a file states them.
struct Density {
  enum class Unit : std::uint8_t { none, inch, centimetre };
  Unit unit = Unit::none;
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  /// Square pixels of no size: in another format they would stand in the place of what EXIF says.
  [[nodiscard]] bool says_nothing() const noexcept { return unit == Unit::none && x == y; }
};

/// A part of a file that is carried as it is: a JPEG segment or a PNG chunk.
struct RawPart {
  std::string kind;  ///< JPEG: "\xE5" (the marker); PNG: "tEXt"
  Bytes data;
};

/// What a photo carries beside its pixels, in the form both formats share.
class Metadata {
 public:
  Bytes exif;  ///< TIFF structure, without a format's own prefix
  Xmp xmp;
  Bytes photoshop;  ///< image resources ("8BIM..."), IPTC among them
  Bytes icc;
  std::vector<std::string> comments;
  std::optional<Density> density;
  std::optional<Chroma> chroma;        ///< of the JPEG it came in; empty: another format, or a rare kind
  bool left_to_xmp = false;            ///< how the photo is turned: nothing else says it
  bool lossless = false;               ///< WebP: the file loses nothing; written so again
  bool premultiplied = false;          ///< TIFF: colours are stored multiplied by alpha; written so again
  std::vector<RawPart> jpeg_segments;  ///< not known to hdrtile; go into JPEGs alone
  std::vector<RawPart> png_chunks;     ///< text and colour facts; go into PNGs alone
};

/// What a format has a place for, beside EXIF, XMP and ICC.
struct MetadataPlaces {
  bool photoshop = false;  ///< image resources, IPTC among them; where there is none, IPTC goes on as XMP
  bool comments = false;
  bool extended_xmp = false;  ///< XMP comes in two parts when it is large
  bool jpeg_segments = false;
  bool png_chunks = false;
  std::size_t most_exif = SIZE_MAX;  ///< bytes
  bool rgb_profile_of_grey = false;  ///< grey samples may have a profile for RGB
};

/// What has to be true in the file that is written.
struct MetadataEdits {
  std::string_view format;  ///< its name, for warnings
  MetadataPlaces places;
  Size size;
  MetadataPolicy policy = MetadataPolicy::keep;
  bool to_srgb = false;  ///< the result is sRGB, and says so
  std::optional<Stamp> stamp;
  /// A JPEG of the result of at most so many bytes and its size; empty when it cannot be made.
  std::function<std::pair<Bytes, Size>(std::size_t max_bytes)> make_thumbnail;
};

/// The metadata for the result: upright, its size and thumbnail true, positions removed where asked, stamped. Faults
/// are warnings; what is damaged is left out.
[[nodiscard]] Metadata edit_metadata(const Metadata& source, const MetadataEdits& edits, Warnings& warnings);

/// An EXIF block as files of several formats hold it: some put "Exif\0\0" before it.
[[nodiscard]] Bytes exif_block(ByteView stored);

/// Gives colours that EXIF alone names (Adobe RGB, by DCF 2.0's "R03") the profile that they mean.
void take_colours_of_exif(Metadata& metadata);

/// Takes out the profile and what else says of colours that they are others than sRGB's.
void drop_profile(Metadata& metadata);

/// EXIF orientation, 1..8.
[[nodiscard]] int orientation_of(const Metadata& metadata);
/// The same for files that say it nowhere else. Where EXIF says nothing, what XMP says is no reason to turn the pixels,
/// for most viewers do not, but it stays for those that do.
[[nodiscard]] int take_orientation(Metadata& metadata);

}  // namespace hdrtile
