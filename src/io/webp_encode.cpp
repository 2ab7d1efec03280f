#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <memory>

#include "samples.h"
#include "webp_codec.h"

namespace hdrtile {
namespace {

struct FreePicture {
  void operator()(WebPPicture* picture) const noexcept { WebPPictureFree(picture); }
};
struct FreeWriter {
  void operator()(WebPMemoryWriter* writer) const noexcept { WebPMemoryWriterClear(writer); }
};
struct DeleteMux {
  void operator()(WebPMux* mux) const noexcept { WebPMuxDelete(mux); }
};

void require(bool done) {
  if (!done) throw Error(ErrorCode::out_of_memory, "WebP encoder: no memory; use fewer --jobs");
}

WebPConfig configure(const EncodeInput& input) {
  WebPConfig config;
  require(WebPConfigInit(&config) != 0);
  config.quality = static_cast<float>(input.quality);
  if (!input.metadata.lossless) return config;
  require(WebPConfigLosslessPreset(&config, 4) != 0);
  config.exact = 1;  // colours under full transparency stay, too
  return config;
}

void import(WebPPicture& picture, const EncodeInput& input) {
  picture.width = input.pixels.width();
  picture.height = input.pixels.height();
  picture.use_argb = input.metadata.lossless ? 1 : 0;
  const Image merged = input.alpha.empty() ? Image() : merge_alpha(input.pixels, input.alpha);
  const Image& samples = merged.empty() ? input.pixels : merged;
  const auto take = merged.empty() ? WebPPictureImportRGB : WebPPictureImportRGBA;
  require(take(&picture, samples.row<std::uint8_t>(0), static_cast<int>(samples.row_bytes())) != 0);
}

void add_chunk(WebPMux* mux, const char* name, ByteView bytes) {
  if (bytes.empty()) return;
  const WebPData data{bytes.data(), bytes.size()};
  require(WebPMuxSetChunk(mux, name, &data, 0) == WEBP_MUX_OK);
}

/// The picture and its metadata as one file.
Bytes assemble(const WebPMemoryWriter& bitstream, const Metadata& metadata) {
  const std::unique_ptr<WebPMux, DeleteMux> mux(WebPMuxNew());
  const WebPData image{bitstream.mem, bitstream.size};
  require(mux && WebPMuxSetImage(mux.get(), &image, 0) == WEBP_MUX_OK);
  add_chunk(mux.get(), "ICCP", metadata.icc);
  add_chunk(mux.get(), "EXIF", metadata.exif);
  add_chunk(mux.get(), "XMP ", as_bytes(metadata.xmp.packet));
  WebPData file;
  WebPDataInit(&file);
  require(WebPMuxAssemble(mux.get(), &file) == WEBP_MUX_OK);
  const std::unique_ptr<WebPData, void (*)(WebPData*)> guard(&file, WebPDataClear);
  return {file.bytes, file.bytes + file.size};
}

}  // namespace

Bytes encode_webp(const EncodeInput& input, Warnings& /*warnings*/) {
  const Size size = input.pixels.size();
  if (std::max(size.width, size.height) > WEBP_MAX_DIMENSION) {
    throw Error(ErrorCode::unsupported, "a WebP has at most " + std::to_string(WEBP_MAX_DIMENSION) +
                                            " pixels a side, the result is " + std::to_string(size.width) + " x " +
                                            std::to_string(size.height) + "; use --format png");
  }
  const WebPConfig config = configure(input);
  WebPPicture picture;
  require(WebPPictureInit(&picture) != 0);
  const std::unique_ptr<WebPPicture, FreePicture> free_picture(&picture);
  import(picture, input);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  const std::unique_ptr<WebPMemoryWriter, FreeWriter> free_writer(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  require(WebPEncode(&config, &picture) != 0);
  return assemble(writer, input.metadata);
}

}  // namespace hdrtile
