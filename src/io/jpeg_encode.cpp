#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "jpeg_codec.h"
#include "jpeg_error.h"
#include "jpeg_segments.h"

namespace hdrtile {
namespace {

/// Whether Huffman tables are made for the picture. That takes a second walk over all of its coefficients, held in
/// memory meanwhile (6 bytes a pixel): three times as long a coding, for 2 % of a large file. Of a small one they are a
/// larger part.
bool is_small(Size size) { return std::int64_t{size.width} * size.height < 1'000'000; }

/// Large pictures are coded in strips that know nothing of each other, so that several threads can: each is a restart
/// interval of the file's scan. Whole rows of blocks at any sampling, and no more blocks than an interval may have
/// (65,535) at the largest width.
constexpr int strip_rows = 64;

struct Strip {
  int first = 0;  ///< row
  int rows = 0;
};

std::vector<Strip> strips_of(Size size) {
  if (is_small(size)) return {{.first = 0, .rows = size.height}};
  std::vector<Strip> strips;
  for (int y = 0; y < size.height; y += strip_rows) strips.push_back({y, std::min(strip_rows, size.height - y)});
  return strips;
}

/// A JPEG of one strip. The first one's has the file's headers, the others' have those alone that say where their
/// samples begin.
class StripEncoder {
 public:
  StripEncoder() {
    info_.err = &errors_.base;
    run([&] {
      jpeg_create_compress(&info_);
      jpeg_mem_dest(&info_, &data_, &size_);
    });
  }
  StripEncoder(const StripEncoder&) = delete;
  StripEncoder& operator=(const StripEncoder&) = delete;
  ~StripEncoder() {
    jpeg_destroy_compress(&info_);
    std::free(data_);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg's
  }

  void start(const EncodeInput& input, const Strip& strip) {
    const Image& pixels = input.pixels;
    const Metadata& metadata = input.metadata;
    const bool first = strip.first == 0;
    run([&] {
      info_.image_width = static_cast<JDIMENSION>(pixels.width());
      info_.image_height = static_cast<JDIMENSION>(strip.rows);
      info_.input_components = pixels.channels();
      info_.in_color_space = pixels.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&info_);
      jpeg_set_quality(&info_, input.quality, TRUE);
      info_.optimize_coding = is_small(pixels.size()) ? TRUE : FALSE;
      info_.comp_info[0].h_samp_factor = input.chroma == Chroma::full ? 1 : 2;
      info_.comp_info[0].v_samp_factor = input.chroma == Chroma::quarter ? 2 : 1;
      const int block_rows = pixels.channels() == 1 ? DCTSIZE : DCTSIZE * info_.comp_info[0].v_samp_factor;
      if (first && strip.rows < pixels.height()) info_.restart_in_rows = strip_rows / block_rows;
      // The EXIF standard has no JFIF segment before its own.
      info_.write_JFIF_header = first && (metadata.density || metadata.exif.empty()) ? TRUE : FALSE;
      if (metadata.density) {
        info_.density_unit = static_cast<UINT8>(metadata.density->unit);
        info_.X_density = static_cast<UINT16>(metadata.density->x);
        info_.Y_density = static_cast<UINT16>(metadata.density->y);
      }
      if (!first) jpeg_suppress_tables(&info_, TRUE);
      jpeg_start_compress(&info_, first ? TRUE : FALSE);
    });
  }

  void write(const OwnedJpegSegment& segment) {
    run([&] {
      jpeg_write_marker(&info_, segment.marker, segment.payload.data(), static_cast<unsigned>(segment.payload.size()));
    });
  }

  Bytes finish(const Image& pixels, const Strip& strip) {
    run([&] {
      while (info_.next_scanline < info_.image_height) {
        // libjpeg reads through a pointer that is not const.
        const int y = strip.first + static_cast<int>(info_.next_scanline);
        auto* row = const_cast<std::uint8_t*>(pixels.row<std::uint8_t>(y));
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

constexpr std::uint8_t start_of_frame = 0xC0;
constexpr std::uint8_t start_of_scan = 0xDA;
constexpr std::uint8_t first_restart = 0xD0;
constexpr std::size_t marker_bytes = 2;

/// Where the first segment with that marker begins, in a file of ours.
std::size_t find_segment(ByteView file, std::uint8_t marker) {
  std::size_t at = marker_bytes;  // behind the start of the image
  while (file[at + 1] != marker) at += marker_bytes + read_u16be(&file[at + marker_bytes]);
  return at;
}

/// What is between a strip's headers and its end.
ByteView samples_of(ByteView strip) {
  const std::size_t scan = find_segment(strip, start_of_scan);
  const std::size_t begin = scan + marker_bytes + read_u16be(&strip[scan + marker_bytes]);
  return strip.subspan(begin, strip.size() - marker_bytes - begin);
}

/// The first strip's file with the others' samples behind its own.
Bytes join(std::vector<Bytes> strips, int height) {
  Bytes file = std::move(strips.front());
  std::size_t size = file.size();
  for (std::size_t i = 1; i < strips.size(); ++i) size += strips[i].size();
  file.reserve(size);
  std::uint8_t* const frame = &file[find_segment(file, start_of_frame)];
  frame[5] = static_cast<std::uint8_t>(height >> 8);
  frame[6] = static_cast<std::uint8_t>(height);
  const std::array end = {file[file.size() - 2], file[file.size() - 1]};
  file.resize(file.size() - marker_bytes);
  for (std::size_t i = 1; i < strips.size(); ++i) {
    file.push_back(0xFF);
    file.push_back(static_cast<std::uint8_t>(first_restart + (i - 1) % 8));
    append(file, samples_of(strips[i]));
  }
  append(file, end);
  return file;
}

}  // namespace

Bytes encode_jpeg(const EncodeInput& input, Warnings& warnings) {
  const Image& pixels = input.pixels;
  if (std::max(pixels.width(), pixels.height()) > JPEG_MAX_DIMENSION) {
    throw Error(ErrorCode::unsupported, "a JPEG has at most " + std::to_string(JPEG_MAX_DIMENSION) +
                                            " pixels a side, the result is " + std::to_string(pixels.width()) + " x " +
                                            std::to_string(pixels.height()) + "; use --format png");
  }
  const auto segments = make_jpeg_segments(input.metadata, warnings);
  const auto strips = strips_of(pixels.size());
  std::vector<Bytes> coded(strips.size());
  const auto code = [&](int i) {
    StripEncoder encoder;
    encoder.start(input, strips[i]);
    if (i == 0) {
      for (const auto& segment : segments) encoder.write(segment);
    }
    coded[i] = encoder.finish(pixels, strips[i]);
  };
  input.spread(static_cast<int>(strips.size()), code);
  return join(std::move(coded), pixels.height());
}

}  // namespace hdrtile
