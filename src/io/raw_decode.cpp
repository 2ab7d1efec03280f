#include <libraw/libraw.h>

#include <cstring>
#include <memory>

#include "metadata_budget.h"
#include "photoshop.h"
#include "raw_codec.h"
#include "tiff_exif.h"

namespace hdrtile {
namespace {

class Developer {
 public:
  Developer(ByteView file, const std::filesystem::path& path) : path_(path), raw_(std::make_unique<LibRaw>()) {
    raw_->set_dataerror_handler(nullptr, nullptr);  // its own prints
    // LibRaw reads through a pointer that is not const.
    check(raw_->open_buffer(const_cast<std::uint8_t*>(file.data()), file.size()));
  }

  [[nodiscard]] FileHead head(const DecodeLimits& limits) const {
    const auto& sizes = raw_->imgdata.sizes;
    FileHead head;
    head.depth = Depth::u16;
    head.size = {sizes.width, sizes.height};
    if ((sizes.flip & 4) != 0) std::swap(head.size.width, head.size.height);
    check_size(head.size, path_, limits);
    check_size({sizes.raw_width, sizes.raw_height}, path_, limits);
    return head;
  }

  Image develop() {
    auto& how = raw_->imgdata.params;
    how.output_bps = 16;
    how.output_color = 1;  // sRGB, with its curve
    how.gamm[0] = 1 / 2.4;
    how.gamm[1] = 12.92;
    how.use_camera_wb = 1;
    how.no_auto_bright = 1;  // or a hundredth of the photo would be clipped: windows first
    check(raw_->unpack());
    if (raw_->error_count() > 0) fail("its data end early or contradict themselves");
    check(raw_->dcraw_process());
    int code = LIBRAW_SUCCESS;
    const std::unique_ptr<libraw_processed_image_t, void (*)(libraw_processed_image_t*)> made(
        raw_->dcraw_make_mem_image(&code), LibRaw::dcraw_clear_mem);
    check(code);
    if (!made || made->bits != 16 || (made->colors != 3 && made->colors != 1))
      fail_unsupported("is of a kind that hdrtile does not develop");
    Image pixels({made->width, made->height}, Depth::u16, made->colors);
    std::memcpy(pixels.row_data(0), made->data, pixels.bytes());
    return pixels;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::input,
                path_.string() + ": truncated or damaged raw file (" + reason + "); copy the photo again");
  }
  [[noreturn]] void fail_unsupported(const std::string& reason) const {
    throw Error(ErrorCode::unsupported, path_.string() + ": this raw file " + reason + "; convert it to TIFF or DNG");
  }

  void check(int code) const {
    switch (code) {
      case LIBRAW_SUCCESS:
        return;
      case LIBRAW_FILE_UNSUPPORTED:
      case LIBRAW_REQUEST_FOR_NONEXISTENT_IMAGE:
        fail_unsupported(std::string("is of no camera that LibRaw ") + LibRaw::version() + " knows");
      case LIBRAW_UNSUFFICIENT_MEMORY:
        throw Error(ErrorCode::out_of_memory, path_.string() + ": no memory to develop it; use fewer --jobs");
      default:
        fail(LibRaw::strerror(code));
    }
  }

  const std::filesystem::path& path_;
  std::unique_ptr<LibRaw> raw_;  // half a megabyte: too much for a thread's stack
};

void read_metadata(ByteView file, const DecodeLimits& limits, FileHead& head) {
  MetadataBudget budget(limits, head.warnings);
  TiffMetadata metadata = read_metadata_of_tiff(file, budget, head.warnings);
  head.metadata.exif = std::move(metadata.exif);
  head.metadata.xmp.packet = std::move(metadata.xmp);
  if (!metadata.iptc.empty()) head.metadata.photoshop = as_resource(metadata.iptc);
}

}  // namespace

FileHead read_raw_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  FileHead head = Developer(file, path).head(limits);
  read_metadata(file, limits, head);
  return head;
}

DecodedFile decode_raw(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  Developer developer(file, path);
  DecodedFile decoded;
  decoded.head = developer.head(limits);
  read_metadata(file, limits, decoded.head);
  decoded.pixels = developer.develop();
  decoded.head.size = decoded.pixels.size();
  decoded.head.channels = decoded.pixels.channels();
  return decoded;
}

}  // namespace hdrtile
