#include "jpeg_codec.h"
#include "jpeg_error.h"
#include "jpeg_segments.h"
#include "metadata_budget.h"

namespace hdrtile {
namespace {

// Every scan of a progressive JPEG walks the whole picture: thousands of empty ones would take hours. Encoders use ten.
constexpr int max_scans = 100;

class Decoder {
 public:
  Decoder(ByteView file, const std::filesystem::path& path) : file_(file), path_(path) {
    info_.err = &errors_.base;
    errors_.base.emit_message = [](j_common_ptr info, int level) { self(info).hear(info, level); };
    progress_.progress_monitor = [](j_common_ptr info) { self(info).check_scans(info); };
    info_.client_data = this;
    run([&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      for (int marker = JPEG_APP0; marker <= JPEG_APP0 + 15; ++marker) jpeg_save_markers(&info_, marker, 0xFFFF);
      jpeg_save_markers(&info_, JPEG_COM, 0xFFFF);
      jpeg_mem_src(&info_, file_.data(), static_cast<unsigned long>(file_.size()));
    });
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&info_); }

  FileHead read_head(const DecodeLimits& limits) {
    run([&] { (void)jpeg_read_header(&info_, TRUE); });
    if (info_.data_precision != 8) fail_unsupported("has " + std::to_string(info_.data_precision) + " bits a sample");
    FileHead head;
    head.size = {static_cast<int>(info_.image_width), static_cast<int>(info_.image_height)};
    check_size(head.size, path_, limits);
    head.channels = choose_colours();
    std::vector<JpegSegment> segments;
    MetadataBudget budget(limits, head.warnings);
    for (auto* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      if (budget.take(marker->data_length, "a segment"))
        segments.push_back({marker->marker, {marker->data, marker->data_length}});
    }
    head.metadata = parse_jpeg_segments(segments, head.warnings);
    head.metadata.chroma = chroma();
    head.orientation = take_orientation(head.metadata);
    if (head.channels == 3) take_colours_of_exif(head.metadata);
    return head;
  }

  Image read_pixels(const FileHead& head) {
    Image pixels(head.size, Depth::u8, head.channels);
    run([&] {
      (void)jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels.row<std::uint8_t>(static_cast<int>(info_.output_scanline));
        (void)jpeg_read_scanlines(&info_, &row, 1);
      }
    });
    if (ends_early_ && !is_complete()) fail_damaged("it ends before its last scan");
    if (has_stray_bytes_) extra_warnings_.emplace_back("the JPEG has stray bytes at its end; it may be damaged");
    // Adobe's CMYK counts what is left of the paper's white, the plain one counts ink.
    if (head.channels == 4 && info_.saw_Adobe_marker) invert(pixels);
    return pixels;
  }

  [[nodiscard]] const Warnings& extra_warnings() const { return extra_warnings_; }

 private:
  static Decoder& self(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

  template <typename Calls>
  void run(const Calls& calls) {
    if (guarded(errors_, calls)) return;
    switch (errors_.code) {
      case JERR_BAD_PRECISION:
        fail_unsupported("has more than 8 bits a sample");
      case JERR_SOF_UNSUPPORTED:
      case JERR_CONVERSION_NOTIMPL:
      case JERR_NOT_COMPILED:
        fail_unsupported("is of a rare kind (" + std::string(errors_.message) + ")");
      case JERR_OUT_OF_MEMORY:
        throw Error(ErrorCode::out_of_memory, path_.string() + ": no memory to decode it; use fewer --jobs");
      default:
        fail_damaged(too_many_scans_ ? "it has more than " + std::to_string(max_scans) + " scans" : errors_.message);
    }
  }

  [[noreturn]] void fail_damaged(const std::string& reason) const {
    throw Error(ErrorCode::input,
                path_.string() + ": truncated or damaged JPEG (" + reason + "); copy the photo again");
  }
  [[noreturn]] void fail_unsupported(const std::string& reason) const {
    throw Error(ErrorCode::unsupported,
                path_.string() + ": this JPEG " + reason + "; convert it to an 8-bit RGB JPEG, or a PNG");
  }

  /// Warnings of libjpeg. Those that mean lost picture data end the decoding: grey blocks are no photo.
  void hear(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
      case JWRN_JPEG_EOF:  // a missing end marker alone loses nothing: judged at the end
        ends_early_ = true;
        return;
      case JWRN_EXTRANEOUS_DATA:  // some cameras pad the end
        if (info->err->msg_parm.i[1] == JPEG_EOI) {
          has_stray_bytes_ = true;
          return;
        }
        errors_.leave(info);
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_ARITH_BAD_CODE:
      case JWRN_MUST_RESYNC:
      case JWRN_NOT_SEQUENTIAL:
        errors_.leave(info);
      default:
        return;
    }
  }

  void check_scans(j_common_ptr info) {
    if (info_.input_scan_number <= max_scans) return;
    too_many_scans_ = true;
    errors_.leave(info);
  }

  /// Without an end marker: whether every coefficient has come at full precision all the same.
  [[nodiscard]] bool is_complete() const {
    for (int c = 0; c < info_.num_components; ++c) {
      if (info_.comp_info[c].quant_table == nullptr) return false;  // its first scan has not begun
      if (info_.coef_bits == nullptr) continue;                     // no progressive one
      for (int k = 0; k < DCTSIZE2; ++k) {
        if (info_.coef_bits[c][k] != 0) return false;
      }
    }
    return true;
  }

  int choose_colours() {
    switch (info_.jpeg_color_space) {
      case JCS_GRAYSCALE:
        info_.out_color_space = JCS_GRAYSCALE;
        return 1;
      case JCS_YCbCr:
      case JCS_RGB:
        info_.out_color_space = JCS_RGB;
        return 3;
      case JCS_CMYK:
      case JCS_YCCK:
        info_.out_color_space = JCS_CMYK;
        return 4;
      default:
        fail_unsupported("has an unknown colour space of " + std::to_string(info_.num_components) + " channels");
    }
  }

  [[nodiscard]] std::optional<Chroma> chroma() const {
    if (info_.num_components != 3) return std::nullopt;
    const jpeg_component_info* c = info_.comp_info;
    if (c[1].h_samp_factor != 1 || c[1].v_samp_factor != 1 || c[2].h_samp_factor != 1 || c[2].v_samp_factor != 1)
      return std::nullopt;
    switch (c[0].h_samp_factor * 10 + c[0].v_samp_factor) {
      case 11:
        return Chroma::full;
      case 21:
        return Chroma::half;
      case 22:
        return Chroma::quarter;
      default:
        return std::nullopt;
    }
  }

  static void invert(Image& pixels) {
    for (int y = 0; y < pixels.height(); ++y) {
      auto* row = pixels.row<std::uint8_t>(y);
      for (std::size_t i = 0; i < pixels.row_bytes(); ++i) row[i] = static_cast<std::uint8_t>(255 - row[i]);
    }
  }

  ByteView file_;
  const std::filesystem::path& path_;
  JpegErrorManager errors_;
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  bool ends_early_ = false;
  bool has_stray_bytes_ = false;
  bool too_many_scans_ = false;
  Warnings extra_warnings_;
};

}  // namespace

FileHead read_jpeg_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return Decoder(file, path).read_head(limits);
}

DecodedFile decode_jpeg(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  Decoder decoder(file, path);
  DecodedFile decoded;
  decoded.head = decoder.read_head(limits);
  decoded.pixels = decoder.read_pixels(decoded.head);
  for (const auto& warning : decoder.extra_warnings()) decoded.head.warnings.push_back(warning);
  return decoded;
}

}  // namespace hdrtile
