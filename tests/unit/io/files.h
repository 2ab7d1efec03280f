#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"

namespace hdrtile::test {

struct Segment {
  int marker;
  Bytes data;
};

/// A JPEG by libjpeg: a smooth picture of `components` channels (1 grey, 3 RGB, 4 CMYK), or `pixels`.
struct JpegSpec {
  Size size{64, 48};
  int components = 3;
  bool progressive = false;
  int restart_rows = 0;
  bool adobe = true;  ///< CMYK: with Adobe's marker, and so inverted
  std::vector<Segment> segments = {};
  const Image* pixels = nullptr;  ///< u8, of that size and so many channels
  int quality = 90;
  Chroma chroma = Chroma::quarter;
};
Bytes make_jpeg(const JpegSpec& spec);

/// A PNG by libpng, of rows as PNG stores them (16 bit big-endian).
struct PngSpec {
  Size size{16, 9};
  int bits = 8;
  int colour_type = 2;  ///< PNG_COLOR_TYPE_RGB
  bool interlaced = false;
  std::vector<std::uint8_t> palette = {};        ///< RGB triples
  std::vector<std::uint8_t> palette_alpha = {};  ///< tRNS of the palette
  int transparent_grey = -1;                     ///< tRNS of grey
  std::vector<std::pair<std::string, Bytes>> chunks = {};
};
Bytes make_png(const PngSpec& spec, const Bytes& rows);
/// Noise for make_png's rows.
Bytes png_noise(const PngSpec& spec, unsigned seed = 1);

/// Samples of an image in order, widened.
std::vector<float> samples(const Image& image);

/// A photo in memory with pixels of a function, by channel.
Image make_image(Size size, Depth depth, int channels, const std::function<double(int x, int y, int c)>& value);
Image noise(Size size, Depth depth, int channels = 3, unsigned seed = 1);
Image gradient(Size size, Depth depth = Depth::u8);

/// decode_photo and encode_photo without a file; the warnings of the latter are given back in `warnings` when asked
/// for.
Photo decode(ByteView file);
Bytes encode(const Photo& photo, const EncodeOptions& options = {}, Warnings* warnings = nullptr);

/// Expects Error{code} whose message has `part`.
void expect_error(ErrorCode code, const std::string& part, const std::function<void()>& action);

bool contains(ByteView bytes, ByteView part);
bool contains(const Warnings& warnings, const std::string& part);

Bytes with_prefix(std::string_view prefix, std::string_view data);
/// A JPEG's APP1 payload with XMP: what follows the first attribute of rdf:Description.
Bytes xmp_segment(std::string_view description);

/// Payloads of a JPEG's segments of a marker, before the pixels.
std::vector<Bytes> jpeg_segments(ByteView file, int marker);
/// The EXIF block of a JPEG; empty where there is none.
Bytes exif_of(ByteView jpeg);
/// Chunks of a PNG of a kind.
std::vector<Bytes> png_chunks(ByteView file, const std::string& kind);

class FolderTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  [[nodiscard]] std::vector<std::string> names() const;
  std::filesystem::path folder_;
};

}  // namespace hdrtile::test
