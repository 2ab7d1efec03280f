#include <webp/decode.h>
#include <webp/mux.h>

#include <memory>
#include <new>
#include <tuple>

#include "metadata_budget.h"
#include "samples.h"
#include "webp_codec.h"

namespace hdrtile {
namespace {

struct DeleteMux {
  void operator()(WebPMux* mux) const noexcept { WebPMuxDelete(mux); }
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* reason) {
  throw Error(ErrorCode::input, path.string() + ": truncated or damaged WebP (" + reason + "); copy the photo again");
}

ByteView chunk(const WebPMux* mux, const char* name) {
  WebPData data;
  WebPDataInit(&data);
  if (WebPMuxGetChunk(mux, name, &data) != WEBP_MUX_OK) return {};
  return {data.bytes, data.size};
}

}  // namespace

FileHead read_webp_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file.data(), file.size(), &features) != VP8_STATUS_OK) fail(path, "its header is broken");
  if (features.has_animation != 0) {
    throw Error(ErrorCode::unsupported, path.string() + ": is an animation; hdrtile takes photos, leave it out");
  }
  FileHead head;
  head.size = {features.width, features.height};
  check_size(head.size, path, limits);
  head.alpha = features.has_alpha != 0;

  const WebPData data{file.data(), file.size()};
  const std::unique_ptr<WebPMux, DeleteMux> mux(WebPMuxCreate(&data, 0));
  if (!mux) fail(path, "it ends within a chunk");
  MetadataBudget budget(limits, head.warnings);
  const auto take = [&](const char* name) {
    const ByteView found = chunk(mux.get(), name);
    return budget.take(found.size(), name) ? found : ByteView();
  };
  const ByteView icc = take("ICCP");
  head.metadata.icc.assign(icc.begin(), icc.end());
  head.metadata.exif = exif_block(take("EXIF"));
  head.metadata.xmp.packet = as_text(take("XMP "));
  head.metadata.lossless = features.format == 2;
  head.orientation = take_orientation(head.metadata);
  return head;
}

DecodedFile decode_webp(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  DecodedFile decoded;
  decoded.head = read_webp_head(file, path, limits);
  const FileHead& head = decoded.head;
  Image samples(head.size, Depth::u8, head.alpha ? 4 : 3);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) fail(path, "libwebp is of another version than it was built for");
  config.output.colorspace = head.alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {
      .rgba = samples.row<std::uint8_t>(0), .stride = static_cast<int>(samples.row_bytes()), .size = samples.bytes()};
  const auto status = WebPDecode(file.data(), file.size(), &config);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) fail(path, "its picture ends early or contradicts itself");
  decoded.pixels = std::move(samples);
  if (head.alpha) std::tie(decoded.pixels, decoded.alpha) = split_alpha(decoded.pixels);
  return decoded;
}

}  // namespace hdrtile
