#include <bit>
#include <cstring>
#include <tuple>

#include "png_chunks.h"
#include "png_codec.h"
#include "png_error.h"
#include "samples.h"

namespace hdrtile {
namespace {

class Decoder {
 public:
  Decoder(ByteView file, const std::filesystem::path& path) : rest_(file), path_(path) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &errors_, &PngErrors::leave, &PngErrors::ignore);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr)
      throw Error(ErrorCode::out_of_memory, path.string() + ": no memory to decode it; use fewer --jobs");
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Samples with alpha last: grey, grey + alpha, RGB or RGBA.
  Image read(const FileHead& head) {
    run([&] {
      png_set_read_fn(png_, this, [](png_structp png, png_bytep out, std::size_t count) {
        static_cast<Decoder*>(png_get_io_ptr(png))->copy(png, out, count);
      });
      // read_png_head has read the metadata; the sizes have been checked against our own limits.
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      // A damaged chunk of metadata is a warning (read_png_head has told it), not a lost photo.
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
      png_read_info(png_, info_);
      png_set_expand(png_);  // palettes to RGB, 1, 2 and 4 bit grey to 8, tRNS to alpha
      if constexpr (std::endian::native == std::endian::little) png_set_swap(png_);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    Image samples(head.size, head.depth, head.channels + (head.alpha ? 1 : 0));
    if (png_get_rowbytes(png_, info_) != samples.row_bytes()) fail("its chunks contradict each other");
    run([&] {
      for (int pass = 0; pass < passes_; ++pass) {
        for (int y = 0; y < samples.height(); ++y) png_read_row(png_, samples.row<png_byte>(y), nullptr);
      }
      png_read_end(png_, nullptr);
    });
    return samples;
  }

 private:
  template <typename Calls>
  void run(const Calls& calls) {
    if (!guarded_png(errors_, calls)) fail(errors_.message);
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::input, path_.string() + ": truncated or damaged PNG (" + reason + "); copy the photo again");
  }

  void copy(png_structp png, png_bytep out, std::size_t count) {
    if (count > rest_.size()) png_error(png, "it ends early");
    std::memcpy(out, rest_.data(), count);
    rest_ = rest_.subspan(count);
  }

  ByteView rest_;
  const std::filesystem::path& path_;
  PngErrors errors_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

}  // namespace

DecodedFile decode_png(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  DecodedFile decoded;
  decoded.head = read_png_head(file, path, limits);
  const FileHead& head = decoded.head;
  decoded.pixels = Decoder(file, path).read(head);
  if (head.alpha) std::tie(decoded.pixels, decoded.alpha) = split_alpha(decoded.pixels);
  return decoded;
}

}  // namespace hdrtile
