#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "colour.h"
#include "heif_codec.h"
#include "heif_handles.h"
#include "metadata_budget.h"
#include "samples.h"

namespace hdrtile {
namespace {

class Reader {
 public:
  Reader(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits)
      : path_(path), context_(heif_context_alloc()) {
    if (!context_) throw Error(ErrorCode::out_of_memory, path.string() + ": no memory to decode it");
    limit_pictures(limits);
    check(heif_context_read_from_memory_without_copy(context_.get(), file.data(), file.size(), nullptr));
    heif_image_handle* handle = nullptr;
    check(heif_context_get_primary_image_handle(context_.get(), &handle));
    handle_.reset(handle);
  }

  FileHead head(const DecodeLimits& limits) {
    FileHead head;
    head.size = {heif_image_handle_get_width(handle_.get()), heif_image_handle_get_height(handle_.get())};
    if (head.size.width < 1 || head.size.height < 1) fail("its size is impossible");
    check_size(head.size, path_, limits);
    head.depth = heif_image_handle_get_luma_bits_per_pixel(handle_.get()) > 8 ? Depth::u16 : Depth::u8;
    head.alpha = heif_image_handle_has_alpha_channel(handle_.get()) != 0;
    MetadataBudget budget(limits, head.warnings);
    read_profile(head, budget);
    read_metadata(head, budget);
    tell_of_further_pictures(head.warnings);
    return head;
  }

  Image read(const FileHead& head) {
    const bool wide = head.depth == Depth::u16;
    limit_sides();
    heif_image* decoded = nullptr;
    check(heif_decode_image(handle_.get(), &decoded, heif_colorspace_RGB, heif_samples(wide, head.alpha), nullptr));
    const HeifImage image(decoded);
    int stride = 0;
    const std::uint8_t* plane = heif_image_get_plane_readonly(image.get(), heif_channel_interleaved, &stride);
    const Size size{heif_image_get_width(image.get(), heif_channel_interleaved),
                    heif_image_get_height(image.get(), heif_channel_interleaved)};
    if (plane == nullptr || size != head.size) fail("its picture is not what its header says");
    Image samples(size, head.depth, head.alpha ? 4 : 3);
    for (int y = 0; y < size.height; ++y) {
      std::memcpy(samples.row_data(y), plane + static_cast<std::ptrdiff_t>(y) * stride, samples.row_bytes());
    }
    if (wide) widen(samples, heif_image_get_bits_per_pixel_range(image.get(), heif_channel_interleaved));
    return samples;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::input,
                path_.string() + ": truncated or damaged HEIC or AVIF (" + reason + "); copy the photo again");
  }

  void check(const heif_error& error) const {
    if (error.subcode == heif_suberror_Security_limit_exceeded)
      throw Error(ErrorCode::limit, path_.string() + ": is larger than libheif allows (" + error.message + ")");
    switch (error.code) {
      case heif_error_Ok:
        return;
      case heif_error_Memory_allocation_error:
        throw Error(ErrorCode::out_of_memory, path_.string() + ": no memory to decode it; use fewer --jobs");
      case heif_error_Unsupported_feature:
      case heif_error_Unsupported_filetype:
        throw Error(ErrorCode::unsupported,
                    path_.string() + ": libheif does not read it (" + error.message + "); convert it to JPEG or TIFF");
      default:
        fail(error.message);
    }
  }

  /// A picture inside may be larger than the header says the whole is. Older libheifs limit its sides alone.
  void limit_pictures([[maybe_unused]] const DecodeLimits& limits) {
#if LIBHEIF_HAVE_VERSION(1, 19, 0)
    heif_context_get_security_limits(context_.get())->max_image_size_pixels =
        2 * static_cast<std::uint64_t>(limits.max_pixels);  // twice: parts of pictures are padded
#endif
  }

  /// By the size that was checked; parts of pictures are padded.
  void limit_sides() {
#if !LIBHEIF_HAVE_VERSION(1, 19, 0)
    constexpr int libheifs_own = 32'768;
    const int longest =
        std::max(heif_image_handle_get_ispe_width(handle_.get()), heif_image_handle_get_ispe_height(handle_.get()));
    heif_context_set_maximum_image_size_limit(context_.get(),
                                              std::min(2 * std::min(longest, libheifs_own) + 512, libheifs_own));
#endif
  }

  /// A file may name its colours by number beside a profile, and then says there whether it is HDR.
  void read_profile(FileHead& head, MetadataBudget& budget) const {
    heif_color_profile_nclx* nclx = nullptr;
    const auto found = heif_image_handle_get_nclx_color_profile(handle_.get(), &nclx);
    const std::unique_ptr<heif_color_profile_nclx, Release<heif_nclx_color_profile_free>> guard(nclx);
    const bool by_number = found.code == heif_error_Ok;
    if (by_number) check_transfer(nclx->transfer_characteristics, path_);
    if (const std::size_t size = heif_image_handle_get_raw_color_profile_size(handle_.get()); size > 0) {
      if (!budget.take(size, "the colour profile")) return;
      head.metadata.icc.resize(size);
      check(heif_image_handle_get_raw_color_profile(handle_.get(), head.metadata.icc.data()));
    } else if (const auto primaries = wide_primaries(by_number ? nclx->color_primaries : 0)) {
      head.metadata.icc = icc_of(*primaries);
    }
  }

  void read_metadata(FileHead& head, MetadataBudget& budget) const {
    const int count = heif_image_handle_get_number_of_metadata_blocks(handle_.get(), nullptr);
    std::vector<heif_item_id> ids(static_cast<std::size_t>(std::max(count, 0)));
    heif_image_handle_get_list_of_metadata_block_IDs(handle_.get(), nullptr, ids.data(), count);
    for (const heif_item_id id : ids) {
      const std::string_view type = heif_image_handle_get_metadata_type(handle_.get(), id);
      const std::string_view content = heif_image_handle_get_metadata_content_type(handle_.get(), id);
      const std::size_t size = heif_image_handle_get_metadata_size(handle_.get(), id);
      if (!budget.take(size, type)) continue;
      Bytes data(size);
      if (data.empty() || heif_image_handle_get_metadata(handle_.get(), id, data.data()).code != heif_error_Ok)
        continue;
      if (type == "Exif" && data.size() > 4) {  // it begins with the block's offset
        const std::size_t offset = 4 + static_cast<std::size_t>(read_u32be(data.data()));
        if (offset < data.size()) head.metadata.exif = exif_block(ByteView(data).subspan(offset));
      } else if (content == "application/rdf+xml") {
        head.metadata.xmp.packet = as_text(data);
      }
    }
  }

  void tell_of_further_pictures(Warnings& warnings) const {
    constexpr int but_alpha_and_depth = LIBHEIF_AUX_IMAGE_FILTER_OMIT_ALPHA;
    if (heif_context_get_number_of_top_level_images(context_.get()) > 1 ||
        heif_image_handle_get_number_of_auxiliary_images(handle_.get(), but_alpha_and_depth) > 0) {
      warnings.emplace_back(
          "further pictures in the file (HDR gain map, depth) do not fit the new pixels and were dropped");
    }
  }

  /// Samples of `bits` bits as 16.
  static void widen(Image& samples, int bits) {
    const std::uint32_t most = (1U << static_cast<unsigned>(bits)) - 1;
    for (int y = 0; y < samples.height(); ++y) {
      auto* row = samples.row<std::uint16_t>(y);
      for (int i = 0; i < samples.width() * samples.channels(); ++i)
        row[i] = static_cast<std::uint16_t>((std::min<std::uint32_t>(row[i], most) * 65535U + most / 2) / most);
    }
  }

  static_assert(std::endian::native == std::endian::little);  // libheif gives little-endian samples
  const std::filesystem::path& path_;
  HeifContext context_;
  HeifHandle handle_;
};

}  // namespace

FileHead read_heif_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return Reader(file, path, limits).head(limits);
}

DecodedFile decode_heif(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  Reader reader(file, path, limits);
  DecodedFile decoded;
  decoded.head = reader.head(limits);
  decoded.pixels = reader.read(decoded.head);
  if (decoded.head.alpha) std::tie(decoded.pixels, decoded.alpha) = split_alpha(decoded.pixels);
  return decoded;
}

}  // namespace hdrtile
