// A sound photo of 8 x 8 pixels with the input as one block of its metadata: through decoding, encoding, and what is
// read of headers. The first byte chooses the block, the second the formats.
#include <array>
#include <cstdint>

#include "codec.h"
#include "hdrtile/bracket.h"
#include "hdrtile/error.h"

namespace {

using namespace hdrtile;

Metadata with_block(std::uint8_t kind, ByteView block) {
  Metadata metadata;
  const Bytes bytes(block.begin(), block.end());
  const std::string text(as_text(block));
  switch (kind % 9) {
    case 0:
      metadata.exif = bytes;
      break;
    case 1:
      metadata.xmp.packet = text;
      break;
    case 2:
      metadata.photoshop = bytes;
      break;
    case 3:
      metadata.icc = bytes;
      break;
    case 4:
      metadata.jpeg_segments = {{"\xE1", bytes}};
      break;
    case 5:
      metadata.jpeg_segments = {{"\xE2", bytes}};
      break;
    case 6:
      metadata.png_chunks = {{"zTXt", bytes}};
      break;
    case 7:
      metadata.png_chunks = {{"iTXt", bytes}};
      break;
    default:
      metadata.png_chunks = {{"iCCP", bytes}};
      break;
  }
  return metadata;
}

Bytes photo_with(const Metadata& metadata, Format format) {
  Image pixels({8, 8}, Depth::u8);
  std::fill_n(pixels.row<std::uint8_t>(0), pixels.bytes(), std::uint8_t{128});
  Warnings warnings;
  return codec_of(format).encode({.pixels = pixels, .alpha = Image(), .metadata = metadata, .quality = 50}, warnings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array formats{Format::jpeg, Format::png, Format::webp, Format::tiff};
  const DecodeLimits limits{.max_metadata_bytes = 1 << 20};
  try {
    const Bytes file = photo_with(with_block(data[0], ByteView(data, size).subspan(2)), formats.at(data[1] % 4));
    (void)read_header(file, "photo", limits);
    (void)read_shot(file, "photo", limits);
    const Photo photo = decode_photo(file, "photo", limits);
    const auto policy = (data[1] & 4) != 0 ? MetadataPolicy::no_gps : MetadataPolicy::keep;
    std::vector<std::string> warnings;
    (void)encode_photo(photo, {.format = formats.at(data[1] / 8 % 4), .quality = 50, .metadata = policy}, warnings);
  } catch (const Error&) {  // whatever else is thrown is a finding
  }
  return 0;
}
