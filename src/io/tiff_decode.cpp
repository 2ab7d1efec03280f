#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <tuple>

#include "metadata_budget.h"
#include "photoshop.h"
#include "samples.h"
#include "tiff_codec.h"
#include "tiff_exif.h"
#include "tiff_extent.h"
#include "tiff_file.h"

namespace hdrtile {
namespace {

constexpr std::uint16_t linear_raw = 34892;  // DNG's; older libtiffs do not name it

/// How a TIFF's samples lie in its blocks.
struct Layout {
  Size size;
  Depth depth = Depth::u8;
  int samples = 1;      // a pixel has in the file
  int colours = 3;      // the first so many
  bool alpha = false;   // the next one
  bool planar = false;  // each sample has a plane of its own
  bool premultiplied = false;
  bool white_is_zero = false;
  bool direct = true;  // samples are taken as they are; else libtiff makes 8-bit RGB of them
};

class Reader {
 public:
  Reader(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits)
      : bytes_(file), path_(path), limits_(limits), file_(sound(file)) {
    if (file_.get() == nullptr) fail(file_.error());
    read_layout();
  }

  FileHead head() {
    FileHead head;
    head.size = layout_.size;
    head.depth = layout_.depth;
    head.channels = layout_.colours;
    head.alpha = layout_.alpha;
    head.orientation = file_.value<std::uint16_t>(TIFFTAG_ORIENTATION, 1);
    if (head.orientation < 1 || head.orientation > 8) head.orientation = 1;
    read_metadata(head);
    const int extra = layout_.samples - layout_.colours - (layout_.alpha ? 1 : 0);
    if (layout_.direct && extra > 0)
      head.warnings.push_back(std::to_string(extra) + " further channels of the TIFF were dropped");
    if (has_further_pages()) head.warnings.emplace_back("the TIFF has several pages; its first alone was taken");
    return head;
  }

  /// Colours, and alpha last.
  Image read(Warnings& warnings) {
    if (!layout_.direct) return read_as_rgb();
    Image samples(layout_.size, layout_.depth, layout_.colours + (layout_.alpha ? 1 : 0));
    read_blocks(samples);
    if (layout_.white_is_zero) invert(samples);
    replace_nan(samples, warnings);
    return samples;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    // libtiff has no code for it.
    if (reason.starts_with("No space") || reason.find("memory") != std::string::npos) throw std::bad_alloc();
    throw Error(ErrorCode::input,
                path_.string() + ": truncated or damaged TIFF (" + reason + "); copy the photo again");
  }
  [[noreturn]] void fail_unsupported(const std::string& what) const {
    throw Error(ErrorCode::unsupported, path_.string() + ": this TIFF " + what + "; convert it to 8 or 16 bit RGB");
  }

  /// libtiff takes a copy of every tag as it opens a file.
  ByteView sound(ByteView file) const {
    if (overstates(file)) fail("its tags name more bytes than it has");
    return file;
  }

  void read_layout() {
    const auto width = file_.value<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    const auto height = file_.value<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) fail("its size is impossible");
    layout_.size = {static_cast<int>(width), static_cast<int>(height)};
    check_size(layout_.size, path_, limits_);
    const auto bits = file_.value<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    const auto format = file_.value<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    auto photometric = file_.value<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    if (photometric == PHOTOMETRIC_CFA || photometric == linear_raw)
      fail_unsupported("is a raw file whose maker is not known");
    if (ask_for_rgb()) photometric = PHOTOMETRIC_RGB;
    layout_.samples = file_.value<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    layout_.planar = file_.value<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    layout_.white_is_zero = photometric == PHOTOMETRIC_MINISWHITE;
    layout_.colours = colours_of(photometric);
    const bool is_float = format == SAMPLEFORMAT_IEEEFP && bits == 32;
    const bool is_integer = format == SAMPLEFORMAT_UINT && (bits == 8 || bits == 16);
    layout_.depth = is_float ? Depth::f32 : bits == 16 ? Depth::u16 : Depth::u8;
    layout_.direct = layout_.colours > 0 && layout_.samples >= layout_.colours && (is_integer || is_float) &&
                     !(is_float && layout_.white_is_zero);
    if (layout_.direct) {
      read_extra_samples();
    } else {
      char reason[1024] = {};
      if (bits > 16 || (bits == 16 && photometric != PHOTOMETRIC_LOGLUV && photometric != PHOTOMETRIC_LOGL) ||
          TIFFRGBAImageOK(file_.get(), reason) != 1)
        fail_unsupported("is of a kind that hdrtile does not read (" + std::to_string(bits) + " bit, kind " +
                         std::to_string(photometric) + ")");
      layout_.depth = Depth::u8;
      layout_.colours = 3;
    }
  }

  /// Of a JPEG inside, which holds YCbCr: libtiff converts it. To be said again after each change of directory.
  bool ask_for_rgb() {
    return file_.value<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == PHOTOMETRIC_YCBCR &&
           file_.value<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG &&
           TIFFSetField(file_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1;
  }

  /// 0: not to be taken as it is.
  static int colours_of(std::uint16_t photometric) {
    switch (photometric) {
      case PHOTOMETRIC_MINISBLACK:
      case PHOTOMETRIC_MINISWHITE:
        return 1;
      case PHOTOMETRIC_RGB:
        return 3;
      case PHOTOMETRIC_SEPARATED:
        return 4;
      default:
        return 0;
    }
  }

  void read_extra_samples() {
    std::uint16_t count = 0;
    const std::uint16_t* kinds = nullptr;
    if (TIFFGetField(file_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || count == 0) return;
    // What is of no kind may be a saved selection, or anything else.
    layout_.alpha = layout_.samples > layout_.colours && layout_.colours < 4 && kinds[0] != EXTRASAMPLE_UNSPECIFIED;
    layout_.premultiplied = layout_.alpha && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  }

  void read_metadata(FileHead& head) {
    Metadata& metadata = head.metadata;
    MetadataBudget budget(limits_, head.warnings);
    const auto copy = [&](ttag_t tag, std::string_view name) {
      const ByteView data = file_.block(tag);
      return budget.take(data.size(), name) ? Bytes(data.begin(), data.end()) : Bytes();
    };
    metadata.icc = copy(TIFFTAG_ICCPROFILE, "the colour profile");
    metadata.xmp.packet = as_text(copy(TIFFTAG_XMLPACKET, "XMP"));
    metadata.photoshop = copy(TIFFTAG_PHOTOSHOP, "what Photoshop wrote");
    metadata.premultiplied = layout_.premultiplied;
    if (TIFFIsBigTIFF(file_.get()) != 0) {
      toff_t exif = 0;
      if (TIFFGetField(file_.get(), TIFFTAG_EXIFIFD, &exif) == 1)
        head.warnings.emplace_back("EXIF of a BigTIFF is not read and was dropped");
      return;
    }
    TiffMetadata further = read_metadata_of_tiff(bytes_, budget, head.warnings);
    metadata.exif = std::move(further.exif);
    if (iptc_of(metadata.photoshop).empty() && !further.iptc.empty())
      append(metadata.photoshop, as_resource(further.iptc));
  }

  bool has_further_pages() {
    bool found = false;
    while (!found && TIFFReadDirectory(file_.get()) == 1) {
      found = (file_.value<std::uint32_t>(TIFFTAG_SUBFILETYPE, 0) & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
    }
    TIFFSetDirectory(file_.get(), 0);
    ask_for_rgb();
    return found;
  }

  /// A tile may reach beyond the picture, but not so far that it only takes memory.
  [[nodiscard]] std::size_t block_bytes() const {
    constexpr std::uint64_t small = 64U << 20U;
    const std::uint64_t bytes =
        TIFFIsTiled(file_.get()) != 0 ? TIFFTileSize64(file_.get()) : TIFFStripSize64(file_.get());
    const std::uint64_t pixels = static_cast<std::uint64_t>(layout_.size.width) * layout_.size.height;
    if (bytes == 0 || bytes > 16 * pixels + small) fail("its blocks are of an impossible size");
    return bytes;
  }

  void read_blocks(Image& samples) {
    const bool tiled = TIFFIsTiled(file_.get()) != 0;
    const auto width = tiled ? file_.value<std::uint32_t>(TIFFTAG_TILEWIDTH, 0) : samples.width();
    auto height = tiled ? file_.value<std::uint32_t>(TIFFTAG_TILELENGTH, 0)
                        : file_.value<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX);
    height = std::min(height, static_cast<std::uint32_t>(tiled ? INT32_MAX : samples.height()));
    if (width == 0 || height == 0) fail("its blocks are of an impossible size");
    Bytes block(block_bytes());
    const int planes = layout_.planar ? samples.channels() : 1;
    for (int plane = 0; plane < planes; ++plane) {
      for (std::int64_t y = 0; y < samples.height(); y += height) {
        for (std::int64_t x = 0; x < samples.width(); x += width) {
          read_block(block, tiled, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), plane);
          copy_block(block, samples, static_cast<int>(x), static_cast<int>(y), static_cast<int>(width),
                     static_cast<int>(height), plane);
        }
      }
    }
  }

  void read_block(Bytes& block, bool tiled, std::uint32_t x, std::uint32_t y, int plane) {
    const auto size = static_cast<tmsize_t>(block.size());
    const auto sample = static_cast<std::uint16_t>(plane);
    const auto read =
        tiled ? TIFFReadEncodedTile(file_.get(), TIFFComputeTile(file_.get(), x, y, 0, sample), block.data(), size)
              : TIFFReadEncodedStrip(file_.get(), TIFFComputeStrip(file_.get(), y, sample), block.data(), size);
    if (read < 0) fail(file_.error().empty() ? "a block is missing" : file_.error());
  }

  /// The part of a block that lies in the picture.
  void copy_block(const Bytes& block, Image& samples, int x0, int y0, int width, int height, int plane) const {
    const std::size_t sample = bytes_per_sample(layout_.depth);
    const std::size_t in_step = layout_.planar ? sample : sample * layout_.samples;
    const std::size_t out_step = sample * samples.channels();
    const std::size_t taken = layout_.planar ? sample : out_step;
    const int columns = std::min(width, samples.width() - x0);
    const int rows = std::min(height, samples.height() - y0);
    if ((static_cast<std::size_t>(rows - 1) * width + columns) * in_step > block.size()) fail("a block is too small");
    for (int y = 0; y < rows; ++y) {
      const std::uint8_t* in = block.data() + static_cast<std::size_t>(y) * width * in_step;
      std::byte* out = samples.row_data(y0 + y) + x0 * out_step + plane * sample;
      for (int x = 0; x < columns; ++x, in += in_step, out += out_step) std::memcpy(out, in, taken);
    }
  }

  static void invert(Image& samples) {
    for (int y = 0; y < samples.height(); ++y) {
      auto* row = samples.row<std::uint8_t>(y);  // both depths: all bits are turned
      std::transform(row, row + samples.row_bytes(), row, [](std::uint8_t v) { return static_cast<std::uint8_t>(~v); });
    }
  }

  Image read_as_rgb() {
    (void)block_bytes();
    char reason[1024] = {};
    TIFFRGBAImage picture;
    if (TIFFRGBAImageBegin(&picture, file_.get(), 1, reason) != 1) fail(reason);
    const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> guard(&picture, TIFFRGBAImageEnd);
    picture.req_orientation = picture.orientation;  // as stored; it is turned upright later
    std::vector<std::uint32_t> raster(static_cast<std::size_t>(layout_.size.width) * layout_.size.height);
    if (TIFFRGBAImageGet(&picture, raster.data(), picture.width, picture.height) != 1) fail(file_.error());
    Image rgb(layout_.size, Depth::u8);
    const std::uint32_t* in = raster.data();
    for (int y = 0; y < rgb.height(); ++y) {
      auto* out = rgb.row<std::uint8_t>(y);
      for (int x = 0; x < rgb.width(); ++x, ++in, out += 3) {
        out[0] = static_cast<std::uint8_t>(TIFFGetR(*in));
        out[1] = static_cast<std::uint8_t>(TIFFGetG(*in));
        out[2] = static_cast<std::uint8_t>(TIFFGetB(*in));
      }
    }
    return rgb;
  }

  ByteView bytes_;
  const std::filesystem::path& path_;
  const DecodeLimits& limits_;
  TiffFile file_;
  Layout layout_;
};

}  // namespace

FileHead read_tiff_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return Reader(file, path, limits).head();
}

DecodedFile decode_tiff(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  Reader reader(file, path, limits);
  DecodedFile decoded;
  decoded.head = reader.head();
  decoded.pixels = reader.read(decoded.head.warnings);
  if (!decoded.head.alpha) return decoded;
  std::tie(decoded.pixels, decoded.alpha) = split_alpha(decoded.pixels);
  if (decoded.head.metadata.premultiplied) unpremultiply(decoded.pixels, decoded.alpha);
  return decoded;
}

}  // namespace hdrtile
