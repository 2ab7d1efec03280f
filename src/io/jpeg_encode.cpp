#include <algorithm>
#include <cstdlib>
#include <memory>

#include "jpeg_codec.h"
#include "jpeg_error.h"
#include "jpeg_segments.h"

namespace hdrtile {
namespace {

/// Whether Huffman tables are made for the picture. That takes a second walk over all of its coefficients, held in
/// memory meanwhile (6 bytes a pixel): three times as long a coding, for 2 % of a large file. Of a small one they are a
/// larger part.
bool is_small(Size size) { return std::int64_t{size.width} * size.height < 1'000'000; }

class Encoder {
 public:
  Encoder() {
    info_.err = &errors_.base;
    run([&] {
      jpeg_create_compress(&info_);
      jpeg_mem_dest(&info_, &data_, &size_);
    });
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() {
    jpeg_destroy_compress(&info_);
    std::free(data_);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg's
  }

  void start(const EncodeInput& input) {
    const Image& pixels = input.pixels;
    const Metadata& metadata = input.metadata;
    run([&] {
      info_.image_width = static_cast<JDIMENSION>(pixels.width());
      info_.image_height = static_cast<JDIMENSION>(pixels.height());
      info_.input_components = pixels.channels();
      info_.in_color_space = pixels.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, input.quality, TRUE);
      info_.optimize_coding = is_small(pixels.size()) ? TRUE : FALSE;
      info_.comp_info[0].h_samp_factor = input.chroma == Chroma::full ? 1 : 2;
      info_.comp_info[0].v_samp_factor = input.chroma == Chroma::quarter ? 2 : 1;
      // The EXIF standard has no JFIF segment before its own.
      info_.write_JFIF_header = metadata.density || metadata.exif.empty() ? TRUE : FALSE;
      if (metadata.density) {
        info_.density_unit = static_cast<UINT8>(metadata.density->unit);
        info_.X_density = static_cast<UINT16>(metadata.density->x);
        info_.Y_density = static_cast<UINT16>(metadata.density->y);
      }
      jpeg_start_compress(&info_, TRUE);
    });
  }

  void write(const OwnedJpegSegment& segment) {
    run([&] {
      jpeg_write_marker(&info_, segment.marker, segment.payload.data(), static_cast<unsigned>(segment.payload.size()));
    });
  }

  Bytes finish(const Image& pixels) {
    run([&] {
      while (info_.next_scanline < info_.image_height) {
        // libjpeg reads through a pointer that is not const.
        auto* row = const_cast<std::uint8_t*>(pixels.row<std::uint8_t>(static_cast<int>(info_.next_scanline)));
        (void)jpeg_write_scanlines(&info_, &row, 1);
      }
      jpeg_finish_compress(&info_);
    });
    return {data_, data_ + size_};
  }

 private:
  template <typename Calls>
  void run(const Calls& calls) {
    if (!guarded(errors_, calls))
      throw Error(ErrorCode::out_of_memory, std::string("JPEG encoder: ") + errors_.message);
  }

  JpegErrorManager errors_;
  jpeg_compress_struct info_{};
  unsigned char* data_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

Bytes encode_jpeg(const EncodeInput& input, Warnings& warnings) {
  const Image& pixels = input.pixels;
  if (std::max(pixels.width(), pixels.height()) > JPEG_MAX_DIMENSION) {
    throw Error(ErrorCode::unsupported, "a JPEG has at most " + std::to_string(JPEG_MAX_DIMENSION) +
                                            " pixels a side, the result is " + std::to_string(pixels.width()) + " x " +
                                            std::to_string(pixels.height()) + "; use --format png");
  }
  Encoder encoder;
  encoder.start(input);
  for (const auto& segment : make_jpeg_segments(input.metadata, warnings)) encoder.write(segment);
  return encoder.finish(pixels);
}

}  // namespace hdrtile
