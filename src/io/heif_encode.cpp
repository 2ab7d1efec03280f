#include <cstring>

#include "heif_codec.h"
#include "heif_handles.h"
#include "samples.h"

namespace hdrtile {
namespace {

/// Bits that 16 become: HEVC's widespread profiles end at 10; AV1 has 12, and some libheif 1.15 abort at 10.
int wide_bits(heif_compression_format format) { return format == heif_compression_AV1 ? 12 : 10; }

void check(const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  const bool memory = error.code == heif_error_Memory_allocation_error;
  throw Error(memory ? ErrorCode::out_of_memory : ErrorCode::unsupported,
              std::string("libheif cannot write the result: ") + error.message + "; use --format jpeg or tiff");
}

HeifImage to_heif(const EncodeInput& input, int bits) {
  const Size size = input.pixels.size();
  const bool wide = input.pixels.depth() == Depth::u16;
  const bool alpha = !input.alpha.empty();
  heif_image* made = nullptr;
  check(heif_image_create(size.width, size.height, heif_colorspace_RGB, heif_samples(wide, alpha), &made));
  HeifImage image(made);
  check(heif_image_add_plane(made, heif_channel_interleaved, size.width, size.height, bits));
  int stride = 0;
  std::uint8_t* plane = heif_image_get_plane(made, heif_channel_interleaved, &stride);
  const Image merged = alpha ? merge_alpha(input.pixels, input.alpha) : Image();
  const Image& samples = alpha ? merged : input.pixels;
  for (int y = 0; y < size.height; ++y) {
    std::uint8_t* out = plane + static_cast<std::ptrdiff_t>(y) * stride;
    std::memcpy(out, samples.row_data(y), samples.row_bytes());
    if (!wide) continue;
    const std::uint32_t most = (1U << static_cast<unsigned>(bits)) - 1;
    const auto* in = samples.row<std::uint16_t>(y);
    for (int i = 0; i < size.width * samples.channels(); ++i) {
      const auto value = static_cast<std::uint16_t>((in[i] * most + 32767U) / 65535U);
      std::memcpy(out + 2 * static_cast<std::ptrdiff_t>(i), &value, 2);
    }
  }
  const Bytes& icc = input.metadata.icc;
  if (!icc.empty()) check(heif_image_set_raw_color_profile(made, "prof", icc.data(), icc.size()));
  return image;
}

Bytes encode(const EncodeInput& input, heif_compression_format format) {
  const HeifContext context(heif_context_alloc());
  heif_encoder* found = nullptr;
  check(heif_context_get_encoder_for_format(context.get(), format, &found));
  const std::unique_ptr<heif_encoder, Release<heif_encoder_release>> encoder(found);
  check(heif_encoder_set_lossy_quality(encoder.get(), input.quality));
  const HeifImage image = to_heif(input, input.pixels.depth() == Depth::u16 ? wide_bits(format) : 8);
  heif_image_handle* written = nullptr;
  check(heif_context_encode_image(context.get(), image.get(), encoder.get(), nullptr, &written));
  const HeifHandle handle(written);
  const Bytes& exif = input.metadata.exif;
  const std::string& xmp = input.metadata.xmp.packet;
  if (!exif.empty())
    check(heif_context_add_exif_metadata(context.get(), handle.get(), exif.data(), static_cast<int>(exif.size())));
  if (!xmp.empty())
    check(heif_context_add_XMP_metadata(context.get(), handle.get(), xmp.data(), static_cast<int>(xmp.size())));

  Bytes file;
  heif_writer writer{.writer_api_version = 1,
                     .write = [](heif_context*, const void* data, std::size_t size, void* out) -> heif_error {
                       try {
                         append(*static_cast<Bytes*>(out), ByteView(static_cast<const std::uint8_t*>(data), size));
                       } catch (const std::exception&) {  // it must not leave through libheif's frames
                         return {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "no memory"};
                       }
                       return {heif_error_Ok, heif_suberror_Unspecified, ""};
                     }};
  check(heif_context_write(context.get(), &writer, &file));
  return file;
}

heif_compression_format compression_of(Format format) {
  return format == Format::avif ? heif_compression_AV1 : heif_compression_HEVC;
}

}  // namespace

Bytes encode_heic(const EncodeInput& input, Warnings& /*warnings*/) { return encode(input, heif_compression_HEVC); }

Bytes encode_avif(const EncodeInput& input, Warnings& /*warnings*/) { return encode(input, heif_compression_AV1); }

bool heif_reads(Format format) { return heif_have_decoder_for_format(compression_of(format)) != 0; }

bool heif_writes(Format format) { return heif_have_encoder_for_format(compression_of(format)) != 0; }

}  // namespace hdrtile
