#include "codec.h"

#include <algorithm>
#include <cctype>

#include "format.h"
#include "jpeg_codec.h"
#include "png_chunks.h"
#include "png_codec.h"
#ifdef HDRTILE_WITH_HEIF
#include "heif_codec.h"
#endif
#ifdef HDRTILE_WITH_JXL
#include "jxl_codec.h"
#endif
#ifdef HDRTILE_WITH_RAW
#include "raw_codec.h"
#endif
#include "tiff_codec.h"
#include "webp_codec.h"

namespace hdrtile {
namespace {

using namespace std::string_view_literals;

Codec jpeg() {
  return {.facts = {.format = Format::jpeg,
                    .id = "jpeg",
                    .name = "JPEG",
                    .extensions = {"jpg", "jpeg", "jpe", "jfif"},
                    .holds = "8 bit, baseline and progressive, RGB and grey",
                    .grey = true},
          .places = {.photoshop = true,
                     .comments = true,
                     .extended_xmp = true,
                     .jpeg_segments = true,
                     .most_exif = 65'527,  // of a segment's 64 KB, less its length and "Exif\0\0"
                     .rgb_profile_of_grey = true},
          .recognises = [](ByteView file) { return starts_with(file, "\xFF\xD8\xFF"sv); },
          .read_head = read_jpeg_head,
          .decode = decode_jpeg,
          .encode = encode_jpeg};
}

Codec png() {
  return {.facts = {.format = Format::png,
                    .id = "png",
                    .name = "PNG",
                    .extensions = {"png"},
                    .holds = "8 and 16 bit, RGB and grey, alpha",
                    .max_depth = Depth::u16,
                    .alpha = true,
                    .grey = true},
          .places = {.photoshop = true, .comments = true, .png_chunks = true},
          .recognises = [](ByteView file) { return starts_with(file, "\x89PNG\r\n\x1A\n"sv); },
          .read_head = read_png_head,
          .decode = decode_png,
          .encode = encode_png};
}

Codec webp() {
  return {.facts = {.format = Format::webp,
                    .id = "webp",
                    .name = "WebP",
                    .extensions = {"webp"},
                    .holds = "8 bit, lossy and lossless, RGB, alpha; no animations",
                    .alpha = true},
          .places = {},
          .recognises =
              [](ByteView file) {
                return starts_with(file, "RIFF"sv) && file.size() > 8 && starts_with(file.subspan(8), "WEBP"sv);
              },
          .read_head = read_webp_head,
          .decode = decode_webp,
          .encode = encode_webp};
}

/// HEIC and AVIF are told apart by the brands at the file's start.
bool has_brand(ByteView file, std::initializer_list<std::string_view> brands) {
  if (file.size() < 16 || !starts_with(file.subspan(4), "ftyp"sv)) return false;
  const std::size_t end = std::min<std::size_t>(read_u32be(file.data()), file.size());
  for (std::size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4) {  // the major one, its version, compatible ones
    if (std::ranges::find(brands, as_text(file.subspan(at, 4))) != brands.end()) return true;
  }
  return false;
}

Codec heif(FormatFacts facts, bool (*recognises)(ByteView)) {
  facts.library = "libheif with its plugins";
  facts.max_depth = Depth::u16;
  facts.alpha = true;
  facts.own_threads = true;  // the coders behind it: libde265, x265, libaom
  Codec codec{.facts = std::move(facts),
              .places = {},
              .recognises = recognises,
              .read_head = nullptr,
              .decode = nullptr,
              .encode = nullptr};
#ifdef HDRTILE_WITH_HEIF
  if (heif_reads(codec.facts.format)) {
    codec.read_head = read_heif_head;
    codec.decode = decode_heif;
  }
  if (heif_writes(codec.facts.format)) codec.encode = codec.facts.format == Format::avif ? encode_avif : encode_heic;
#endif
  return codec;
}

Codec heic() {
  return heif({.format = Format::heic,
               .id = "heic",
               .name = "HEIC",
               .extensions = {"heic", "heif", "hif"},
               .holds = "8 and 10 bit, RGB, alpha"},
              [](ByteView file) {
                return has_brand(file, {"heic", "heix", "hevc", "hevx", "heim", "heis"});
              });
}

Codec avif() {
  return heif({.format = Format::avif,
               .id = "avif",
               .name = "AVIF",
               .extensions = {"avif"},
               .holds = "8, 10 and 12 bit (written: 8 and 12), RGB, alpha"},
              [](ByteView file) {
                return has_brand(file, {"avif", "avis"});
              });
}

Codec jxl() {
  Codec codec{.facts = {.format = Format::jxl,
                        .id = "jxl",
                        .name = "JPEG XL",
                        .extensions = {"jxl"},
                        .library = "libjxl",
                        .holds = "8 and 16 bit and float, RGB and grey, alpha; lossless at quality 100; no animations",
                        .max_depth = Depth::f32,
                        .alpha = true,
                        .grey = true},
              .places = {},
              .recognises =
                  [](ByteView file) {
                    return starts_with(file, "\xFF\x0A"sv) || starts_with(file, "\0\0\0\x0CJXL \r\n\x87\n"sv);
                  },
              .read_head = nullptr,
              .decode = nullptr,
              .encode = nullptr};
#ifdef HDRTILE_WITH_JXL
  codec.read_head = read_jxl_head;
  codec.decode = decode_jxl;
  codec.encode = encode_jxl;
#endif
  return codec;
}

Codec raw() {
  Codec codec{.facts = {.format = Format::raw,
                        .id = "raw",
                        .name = "camera raw",
                        .extensions = {"dng", "cr2", "cr3", "nef", "nrw", "arw", "sr2", "raf", "orf", "rw2", "rwl",
                                       "pef", "srw", "3fr", "iiq", "erf", "mef"},
                        .library = "LibRaw",
                        .holds = "developed at 16 bit; written as JPEG unless --format says otherwise",
                        .own_threads = true},  // OpenMP's
              .places = {},
              .recognises = is_raw,
              .read_head = nullptr,
              .decode = nullptr,
              .encode = nullptr};
#ifdef HDRTILE_WITH_RAW
  codec.read_head = read_raw_head;
  codec.decode = decode_raw;
#endif
  return codec;
}

Codec tiff() {
  return {.facts = {.format = Format::tiff,
                    .id = "tiff",
                    .name = "TIFF",
                    .extensions = {"tif", "tiff"},
                    .holds = "8 and 16 bit and float, RGB and grey, alpha, BigTIFF; CMYK by its profile becomes sRGB",
                    .max_depth = Depth::f32,
                    .alpha = true,
                    .grey = true},
          .places = {.photoshop = true, .rgb_profile_of_grey = true},
          .recognises =
              [](ByteView file) {
                return starts_with(file, "II*\0"sv) || starts_with(file, "MM\0*"sv) || starts_with(file, "II+\0"sv) ||
                       starts_with(file, "MM\0+"sv);
              },
          .read_head = read_tiff_head,
          .decode = decode_tiff,
          .encode = encode_tiff};
}

/// In the order of Format, which is that in which files are asked: raw files are TIFFs by their first bytes.
const std::vector<Codec>& codecs() {
  static const std::vector<Codec> all = [] {
    std::vector<Codec> made{jpeg(), png(), webp(), heic(), avif(), jxl(), raw(), tiff()};
    for (Codec& codec : made) {
      codec.facts.reads = codec.decode != nullptr;
      codec.facts.writes = codec.encode != nullptr;
    }
    return made;
  }();
  return all;
}

}  // namespace

const Codec& codec_of(Format format) { return codecs().at(static_cast<std::size_t>(format)); }

std::span<const FormatFacts> formats() {
  static const std::vector<FormatFacts> all = [] {
    std::vector<FormatFacts> facts;
    for (const Codec& codec : codecs()) facts.push_back(codec.facts);
    return facts;
  }();
  return all;
}

const FormatFacts& facts_of(Format format) { return codec_of(format).facts; }

std::optional<Format> format_of_extension(std::string_view extension) {
  std::string lower(extension);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const FormatFacts& facts : formats()) {
    if (std::ranges::find(facts.extensions, lower) != facts.extensions.end()) return facts.format;
  }
  return std::nullopt;
}

std::optional<Format> detect_format(std::span<const std::uint8_t> file) {
  for (const Codec& codec : codecs()) {
    if (codec.recognises(file)) return codec.facts.format;
  }
  return std::nullopt;
}

}  // namespace hdrtile
