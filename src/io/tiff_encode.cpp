#include <algorithm>

#include "photoshop.h"
#include "samples.h"
#include "tiff_codec.h"
#include "tiff_exif.h"
#include "tiff_file.h"
#include "tiff_structure.h"

namespace hdrtile {
namespace {

constexpr std::size_t max_classic_bytes = 0xF000'0000;  // its offsets have 32 bit
constexpr std::size_t strip_bytes = 256U << 10U;        // of samples: packs well, and readers need no more at once

class Writer {
 public:
  Writer(Bytes& out, const char* mode) : file_(out, mode) { require(file_.get() != nullptr); }

  template <typename... Values>
  void set(ttag_t tag, Values... values) {
    require(TIFFSetField(file_.get(), tag, values...) == 1);
  }

  void set_block(ttag_t tag, ByteView data) {
    if (!data.empty()) set(tag, static_cast<std::uint32_t>(data.size()), data.data());
  }

  void write_rows(const Image& samples) {
    for (int y = 0; y < samples.height(); ++y) {
      // libtiff's predictor works in the row it is given.
      row_.assign(samples.row<std::uint8_t>(y), samples.row<std::uint8_t>(y) + samples.row_bytes());
      require(TIFFWriteScanline(file_.get(), row_.data(), static_cast<std::uint32_t>(y), 0) == 1);
    }
    require(TIFFFlush(file_.get()) == 1);
  }

 private:
  void require(bool done) const {
    if (!done)
      throw Error(ErrorCode::out_of_memory, "TIFF encoder: no memory (" + file_.error() + "); use fewer --jobs");
  }

  TiffFile file_;
  Bytes row_;
};

void describe(Writer& writer, const Image& samples, const EncodeInput& input) {
  const bool is_float = samples.depth() == Depth::f32;
  writer.set(TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(samples.width()));
  writer.set(TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(samples.height()));
  writer.set(TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * bytes_per_sample(samples.depth())));
  writer.set(TIFFTAG_SAMPLEFORMAT, is_float ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  writer.set(TIFFTAG_SAMPLESPERPIXEL, samples.channels());
  writer.set(TIFFTAG_PHOTOMETRIC, input.pixels.channels() == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  writer.set(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  writer.set(TIFFTAG_ORIENTATION, orientation_of(input.metadata));
  writer.set(TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  writer.set(TIFFTAG_PREDICTOR, is_float ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  if (!input.alpha.empty()) {
    std::uint16_t kind = input.metadata.premultiplied ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
    writer.set(TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  const std::size_t rows = std::max<std::size_t>(1, strip_bytes / samples.row_bytes());
  writer.set(TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(rows));
}

void describe(Writer& writer, const Metadata& metadata) {
  writer.set_block(TIFFTAG_ICCPROFILE, metadata.icc);
  writer.set_block(TIFFTAG_XMLPACKET, as_bytes(metadata.xmp.packet));
  writer.set_block(TIFFTAG_PHOTOSHOP, metadata.photoshop);
  // Where the standard wants IPTC, beside the copy in there.
  writer.set_block(TIFFTAG_RICHTIFFIPTC, iptc_of(metadata.photoshop));
  if (!metadata.density || metadata.density->says_nothing()) return;
  const auto unit = static_cast<int>(metadata.density->unit) + RESUNIT_NONE;
  writer.set(TIFFTAG_RESOLUTIONUNIT, unit);
  writer.set(TIFFTAG_XRESOLUTION, static_cast<float>(metadata.density->x));
  writer.set(TIFFTAG_YRESOLUTION, static_cast<float>(metadata.density->y));
}

/// The EXIF block that a TIFF is appended to: of its directories the first alone, since the thumbnail's has no place
/// there. Empty when there is none, or it is damaged.
Bytes exif_base(const Bytes& exif, Warnings& warnings) {
  auto block = TiffStructure::open(exif);
  if (!block) return {};
  if (block->end_chain(block->first_directory())) return std::move(*block).take();
  warnings.emplace_back("EXIF is damaged and was dropped");
  return {};
}

Image with_alpha(const EncodeInput& input) {
  if (!input.metadata.premultiplied) return merge_alpha(input.pixels, input.alpha);
  return merge_alpha(premultiplied(input.pixels, input.alpha), input.alpha);
}

}  // namespace

Bytes encode_tiff(const EncodeInput& input, Warnings& warnings) {
  const Image merged = input.alpha.empty() ? Image() : with_alpha(input);
  const Image& samples = merged.empty() ? input.pixels : merged;
  const bool big = samples.bytes() > max_classic_bytes;
  Bytes file = exif_base(input.metadata.exif, warnings);
  if (big && !file.empty()) {
    warnings.emplace_back("the TIFF is larger than 4 GB, where EXIF is not carried: it was dropped");
    file.clear();
  }
  const bool has_exif = !file.empty();
  {
    Writer writer(file, has_exif ? "a" : big ? "wl8" : "wl");
    describe(writer, samples, input);
    describe(writer, input.metadata);
    writer.write_rows(samples);
  }
  return has_exif ? join_directories(std::move(file)) : file;
}

}  // namespace hdrtile
