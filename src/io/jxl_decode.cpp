#include <jxl/decode.h>
#include <jxl/version.h>

#include <memory>
#include <tuple>

#include "jxl_codec.h"
#include "metadata_budget.h"
#include "samples.h"

namespace hdrtile {
namespace {

/// Whether boxes of metadata are read. Those that do not fit into their budget are left out as a whole, by another
/// start: libjxl goes on unpacking a box to its end, whatever it grows to.
enum class Boxes : std::uint8_t { read, leave };
struct BoxesDoNotFit {};

constexpr std::uint32_t most_channels = 16;  // libjxl decodes those that are not asked for, too

struct Destroy {
  void operator()(JxlDecoder* decoder) const noexcept { JxlDecoderDestroy(decoder); }
};

class Reader {
 public:
  Reader(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits, Boxes boxes)
      : path_(path), limits_(limits), budget_(limits, head_.warnings), decoder_(JxlDecoderCreate(nullptr)) {
    if (!decoder_) throw Error(ErrorCode::out_of_memory, path.string() + ": no memory to decode it");
    JxlDecoderSubscribeEvents(decoder_.get(), JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE |
                                                  (boxes == Boxes::read ? JXL_DEC_BOX : 0));
    JxlDecoderSetDecompressBoxes(decoder_.get(), JXL_TRUE);
    JxlDecoderSetInput(decoder_.get(), file.data(), file.size());
    JxlDecoderCloseInput(decoder_.get());
  }

  /// Everything but the pixels where `with_pixels` is not set.
  DecodedFile read(bool with_pixels) {
    Image samples;
    bool has_picture = false;
    for (;;) {
      const JxlDecoderStatus status = JxlDecoderProcessInput(decoder_.get());
      switch (status) {
        case JXL_DEC_BASIC_INFO:
          read_info();
          break;
        case JXL_DEC_COLOR_ENCODING:
          check_original();
          read_profile();
          break;
        case JXL_DEC_BOX:
          finish_box();
          start_box();
          break;
        case JXL_DEC_BOX_NEED_MORE_OUTPUT:
          grow_box();
          break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
          if (with_pixels) {
            samples = Image(head_.size, head_.depth, head_.channels + (head_.alpha ? 1 : 0));
            check(JxlDecoderSetImageOutBuffer(decoder_.get(), &format_, samples.row_data(0), samples.bytes()));
          } else {
            has_picture = true;
            check(JxlDecoderSkipCurrentFrame(decoder_.get()));
          }
          break;
        case JXL_DEC_FULL_IMAGE:
          has_picture = true;
          break;
        case JXL_DEC_SUCCESS:
          finish_box();
          if (!has_picture) fail("it holds no picture");
          return finish(std::move(samples));
        default:
          fail(status == JXL_DEC_NEED_MORE_INPUT ? "it ends early" : "its data contradict themselves");
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::input,
                path_.string() + ": truncated or damaged JPEG XL (" + reason + "); copy the photo again");
  }
  void check(JxlDecoderStatus status) const {
    if (status != JXL_DEC_SUCCESS) fail("its data contradict themselves");
  }

  void read_info() {
    JxlBasicInfo info;
    check(JxlDecoderGetBasicInfo(decoder_.get(), &info));
    if (info.have_animation == JXL_TRUE)
      throw Error(ErrorCode::unsupported, path_.string() + ": is an animation; hdrtile takes photos, leave it out");
    if (info.xsize > INT32_MAX || info.ysize > INT32_MAX) fail("its size is impossible");
    head_.size = {static_cast<int>(info.xsize), static_cast<int>(info.ysize)};
    check_size(head_.size, path_, limits_);
    if (info.num_extra_channels > most_channels)
      throw Error(ErrorCode::limit, path_.string() + ": has " + std::to_string(info.num_extra_channels) +
                                        " further channels, the limit is " + std::to_string(most_channels) +
                                        "; save it without them");
    const bool is_float = info.exponent_bits_per_sample > 0;
    head_.depth = is_float || info.bits_per_sample > 16 ? Depth::f32
                  : info.bits_per_sample > 8            ? Depth::u16
                                                        : Depth::u8;
    head_.channels = static_cast<int>(info.num_color_channels);
    head_.alpha = info.alpha_bits > 0;
    head_.metadata.premultiplied = head_.alpha && info.alpha_premultiplied == JXL_TRUE;
    constexpr std::array types = {JXL_TYPE_UINT8, JXL_TYPE_UINT16, JXL_TYPE_FLOAT};  // as Depth counts
    format_ = {.num_channels = static_cast<std::uint32_t>(head_.channels + (head_.alpha ? 1 : 0)),
               .data_type = types.at(static_cast<std::size_t>(head_.depth)),
               .endianness = JXL_NATIVE_ENDIAN,
               .align = 0};
  }

  void check_original() const {
    JxlColorEncoding colours;
#if JPEGXL_NUMERIC_VERSION >= JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
    const auto found = JxlDecoderGetColorAsEncodedProfile(decoder_.get(), JXL_COLOR_PROFILE_TARGET_ORIGINAL, &colours);
#else
    const auto found =
        JxlDecoderGetColorAsEncodedProfile(decoder_.get(), &format_, JXL_COLOR_PROFILE_TARGET_ORIGINAL, &colours);
#endif
    if (found == JXL_DEC_SUCCESS) check_transfer(colours.transfer_function, path_);  // its numbers are H.273's
  }

  /// Of the samples that come out, which for some files is another than that of the original.
  void read_profile() {
    std::size_t size = 0;
#if JPEGXL_NUMERIC_VERSION >= JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
    if (JxlDecoderGetICCProfileSize(decoder_.get(), JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS) return;
    if (!budget_.take(size, "the colour profile")) return;
    head_.metadata.icc.resize(size);
    check(
        JxlDecoderGetColorAsICCProfile(decoder_.get(), JXL_COLOR_PROFILE_TARGET_DATA, head_.metadata.icc.data(), size));
#else
    if (JxlDecoderGetICCProfileSize(decoder_.get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS)
      return;
    if (!budget_.take(size, "the colour profile")) return;
    head_.metadata.icc.resize(size);
    check(JxlDecoderGetColorAsICCProfile(decoder_.get(), &format_, JXL_COLOR_PROFILE_TARGET_DATA,
                                         head_.metadata.icc.data(), size));
#endif
  }

  void start_box() {
    JxlBoxType type;
    check(JxlDecoderGetBoxType(decoder_.get(), type, JXL_TRUE));
    const std::string_view name(type, sizeof type);
    open_ = name == "Exif" ? &exif_ : name == "xml " ? &xmp_ : nullptr;
    if (open_ == nullptr || !open_->empty()) {  // the first counts
      open_ = nullptr;
      return;
    }
    open_->resize(1U << 16U);
    check(JxlDecoderSetBoxBuffer(decoder_.get(), open_->data(), open_->size()));
  }

  void grow_box() {
    if (open_ == nullptr) fail("its boxes contradict each other");
    const std::size_t filled = open_->size() - JxlDecoderReleaseBoxBuffer(decoder_.get());
    if (!budget_.take(open_->size(), "a box")) throw BoxesDoNotFit();
    open_->resize(2 * open_->size());
    check(JxlDecoderSetBoxBuffer(decoder_.get(), open_->data() + filled, open_->size() - filled));
  }

  void finish_box() {
    if (open_ == nullptr) return;
    open_->resize(open_->size() - JxlDecoderReleaseBoxBuffer(decoder_.get()));
    open_ = nullptr;
  }

  DecodedFile finish(Image samples) {
    if (exif_.size() > 4) {  // it begins with the block's offset
      const std::size_t offset = 4 + static_cast<std::size_t>(read_u32be(exif_.data()));
      if (offset < exif_.size()) head_.metadata.exif = exif_block(ByteView(exif_).subspan(offset));
    }
    head_.metadata.xmp.packet = as_text(xmp_);
    DecodedFile decoded;
    decoded.pixels = std::move(samples);
    replace_nan(decoded.pixels, head_.warnings);
    if (head_.alpha && !decoded.pixels.empty()) {
      std::tie(decoded.pixels, decoded.alpha) = split_alpha(decoded.pixels);
      if (head_.metadata.premultiplied) unpremultiply(decoded.pixels, decoded.alpha);
    }
    decoded.head = std::move(head_);
    return decoded;
  }

  const std::filesystem::path& path_;
  const DecodeLimits& limits_;
  FileHead head_;
  MetadataBudget budget_;
  std::unique_ptr<JxlDecoder, Destroy> decoder_;
  JxlPixelFormat format_{};
  Bytes exif_;
  Bytes xmp_;
  Bytes* open_ = nullptr;  // the box that is being read
};

DecodedFile read(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits, bool with_pixels) {
  try {
    return Reader(file, path, limits, Boxes::read).read(with_pixels);
  } catch (const BoxesDoNotFit&) {
    DecodedFile decoded = Reader(file, path, limits, Boxes::leave).read(with_pixels);
    decoded.head.warnings.emplace_back("metadata is larger than the limit and was dropped");
    return decoded;
  }
}

}  // namespace

FileHead read_jxl_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return read(file, path, limits, false).head;
}

DecodedFile decode_jxl(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return read(file, path, limits, true);
}

}  // namespace hdrtile
