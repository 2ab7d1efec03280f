#include "png_chunks.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "colour.h"
#include "deflate.h"
#include "metadata_budget.h"
#include "photoshop.h"

namespace hdrtile {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t signature_bytes = 8;
constexpr auto xmp_keyword = "XML:com.adobe.xmp"sv;
constexpr auto raw_profile_prefix = "Raw profile type "sv;
constexpr auto pq_profile_name = "ITUR_2100_PQ_FULL"sv;  // W3C's note on PQ in PNG: whatever the profile holds

/// Of the numbers of transfers in ITU-T H.273: sRGB's, and BT.709's (of four numbers), which photos mean as sRGB's.
bool has_srgb_curve(int number) {
  constexpr std::array numbers{13, 1, 6, 14, 15};
  return std::ranges::find(numbers, number) != numbers.end();
}

struct Text {
  std::string_view keyword;
  std::string content;
};

/// Splits at the first zero byte; false when there is none.
bool split_at_zero(ByteView& rest, std::string_view& head) {
  const auto zero = std::ranges::find(rest, 0);
  if (zero == rest.end()) return false;
  const auto length = static_cast<std::size_t>(zero - rest.begin());
  head = as_text(rest.first(length));
  rest = rest.subspan(length + 1);
  return true;
}

std::optional<Text> parse_text(std::string_view kind, ByteView data, std::size_t most_bytes) {
  Text text;
  if (!split_at_zero(data, text.keyword)) return std::nullopt;
  bool packed = kind == "zTXt";
  if (kind == "iTXt") {
    if (data.size() < 2) return std::nullopt;
    packed = data[0] == 1;
    data = data.subspan(2);
    std::string_view language;
    std::string_view translated;
    if (!split_at_zero(data, language) || !split_at_zero(data, translated)) return std::nullopt;
  } else if (packed) {
    if (data.empty()) return std::nullopt;
    data = data.subspan(1);
  }
  if (!packed) {
    text.content = as_text(data);
    return text;
  }
  const auto unpacked = inflate(data, most_bytes);
  if (!unpacked) return std::nullopt;
  text.content = as_text(*unpacked);
  return text;
}

/// Colours by number (cICP), as ITU-T H.273 counts.
struct Numbers {
  int primaries;
  int transfer;
};

class Reader {
 public:
  Reader(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits)
      : file_(file), path_(path), limits_(limits), budget_(limits, head_.warnings) {}

  FileHead read() {
    std::size_t position = signature_bytes;
    for (bool first = true; true; first = false) {
      if (file_.size() - position < 12) fail("it ends before its last chunk");
      const std::size_t length = read_u32be(file_.data() + position);
      if (length > file_.size() - position - 12) fail("it ends within a chunk");
      const std::string_view kind = as_text(file_.subspan(position + 4, 4));
      const ByteView data = file_.subspan(position + 8, length);
      const bool intact =
          kind == "fdAT" ||  // of the pictures that are not taken
          crc32(0, file_.data() + position + 4, static_cast<uInt>(length + 4)) == read_u32be(data.data() + length);
      position += 12 + length;
      if (first) {
        if (kind != "IHDR" || length != 13 || !intact) fail("its header is broken");
        read_header(data);
      } else if (!intact && (kind == "IDAT" || kind == "IEND")) {  // not every libpng says so
        fail("a checksum is wrong");
      } else if (kind == "IEND") {
        return finish();
      } else if (kind == "tRNS") {
        head_.alpha = true;
      } else if (!intact) {
        warn(std::string(kind) + " is damaged and was dropped");
      } else if (kind != "IDAT") {
        if (budget_.take(data.size(), kind)) read_ancillary(kind, data);
      }
    }
  }

 private:
  FileHead finish() {
    take_numbers();
    head_.orientation = take_orientation(head_.metadata);
    return std::move(head_);
  }

  /// Numbers count more than a profile and the other chunks that tell colours, unless they are not all known.
  void take_numbers() {
    if (!numbers_) return;
    constexpr int srgb_primaries = 1;
    const auto wide = wide_primaries(numbers_->primaries);
    const bool known = (wide || numbers_->primaries == srgb_primaries) && has_srgb_curve(numbers_->transfer);
    const bool has_profile = !head_.metadata.icc.empty();
    if (!known && (!wide || has_profile)) return;
    drop_profile(head_.metadata);
    if (head_.channels == 3 && (wide || has_profile)) head_.metadata.icc = icc_of(wide.value_or(Primaries::srgb));
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::input, path_.string() + ": truncated or damaged PNG (" + reason + "); copy the photo again");
  }
  void warn(std::string warning) { head_.warnings.push_back(std::move(warning)); }

  void read_header(ByteView data) {  // width 4, height 4, bit depth, colour type, ...
    const std::uint32_t width = read_u32be(data.data());
    const std::uint32_t height = read_u32be(data.data() + 4);
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) fail("its size is impossible");
    head_.size = {static_cast<int>(width), static_cast<int>(height)};
    check_size(head_.size, path_, limits_);
    head_.depth = data[8] == 16 ? Depth::u16 : Depth::u8;
    head_.channels = data[9] == 0 || data[9] == 4 ? 1 : 3;
    head_.alpha = data[9] == 4 || data[9] == 6;
  }

  void read_ancillary(std::string_view kind, ByteView data) {
    if (kind == "eXIf") {
      head_.metadata.exif = exif_block(data);
    } else if (kind == "cICP" && data.size() == 4) {  // primaries 1, transfer 1, matrix 1, range 1
      check_transfer(data[1], path_);
      numbers_ = {.primaries = data[0], .transfer = data[1]};
    } else if (kind == "iCCP") {
      read_profile(data);
    } else if (kind == "pHYs" && data.size() == 9) {
      read_density(data);
      keep(kind, data);
    } else if (kind == "tEXt" || kind == "zTXt" || kind == "iTXt") {
      read_text(kind, data);
    } else if (kind == "gAMA" || kind == "cHRM" || kind == "sRGB") {
      keep(kind, data);
    } else if (kind == "acTL") {
      warn("the PNG is animated; its first picture alone was taken");
    }
  }

  void keep(std::string_view kind, ByteView data) {
    head_.metadata.png_chunks.push_back({std::string(kind), Bytes(data.begin(), data.end())});
  }

  void read_profile(ByteView data) {
    std::string_view name;
    const bool named = split_at_zero(data, name) && !data.empty();
    if (name == pq_profile_name) refuse_hdr(path_);
    const auto icc = named ? inflate(data.subspan(1), budget_.left()) : std::nullopt;
    if (icc && budget_.take(icc->size(), "iCCP")) {
      head_.metadata.icc = *icc;
    } else {
      warn("the colour profile is damaged or too large and was dropped; the photo is taken as sRGB");
    }
  }

  void read_density(ByteView data) {  // x 4, y 4, unit (1: metre)
    if (data[8] != 1) return;
    const auto per_inch = [](std::uint32_t per_metre) {
      return static_cast<std::uint32_t>(std::clamp(std::lround(per_metre * 0.0254), 1L, 65'535L));
    };
    head_.metadata.density =
        Density{Density::Unit::inch, per_inch(read_u32be(data.data())), per_inch(read_u32be(data.data() + 4))};
  }

  void read_text(std::string_view kind, ByteView data) {
    const auto text = parse_text(kind, data, budget_.left());
    Metadata& metadata = head_.metadata;
    if (!text || !budget_.take(text->content.size(), kind)) {
      warn("a text entry is damaged or too large and was dropped");
    } else if (text->keyword == xmp_keyword) {
      metadata.xmp.packet = text->content;
    } else if (text->keyword.starts_with(raw_profile_prefix)) {
      read_raw_profile(text->keyword.substr(raw_profile_prefix.size()), from_raw_profile(text->content));
    } else if (text->keyword == "Comment" && kind == "tEXt") {
      metadata.comments.push_back(text->content);
    } else {
      keep(kind, data);
    }
  }

  void read_raw_profile(std::string_view name, const Bytes& data) {
    Metadata& metadata = head_.metadata;
    const auto xmp_prefix = "http://ns.adobe.com/xap/1.0/\0"sv;
    const ByteView view = data;
    if (name == "exif" || starts_with(view, "Exif\0\0"sv)) {
      if (metadata.exif.empty()) metadata.exif = exif_block(view);
    } else if (starts_with(view, xmp_prefix)) {
      if (metadata.xmp.packet.empty()) metadata.xmp.packet = as_text(view.subspan(xmp_prefix.size()));
    } else if (name == "xmp") {
      if (metadata.xmp.packet.empty()) metadata.xmp.packet = as_text(view);
    } else if (name == "iptc" || name == "8bim") {
      if (metadata.photoshop.empty()) metadata.photoshop = starts_with(view, "8BIM"sv) ? data : as_resource(view);
    } else if (name == "icc" || name == "icm") {
      if (metadata.icc.empty()) metadata.icc = data;
    } else {
      warn("raw profile \"" + std::string(name) + "\" is unknown or damaged and was dropped");
    }
  }

  ByteView file_;
  const std::filesystem::path& path_;
  const DecodeLimits& limits_;
  FileHead head_;
  MetadataBudget budget_;
  std::optional<Numbers> numbers_;
};

RawPart physical_size(const Density& density) {
  const bool absolute = density.unit != Density::Unit::none;
  const double per_metre = density.unit == Density::Unit::inch ? 1 / 0.0254 : absolute ? 100 : 1;
  RawPart chunk{"pHYs", {}};
  append_u32be(chunk.data, static_cast<std::uint32_t>(std::lround(density.x * per_metre)));
  append_u32be(chunk.data, static_cast<std::uint32_t>(std::lround(density.y * per_metre)));
  chunk.data.push_back(absolute ? 1 : 0);
  return chunk;
}

}  // namespace

FileHead read_png_head(ByteView file, const std::filesystem::path& path, const DecodeLimits& limits) {
  return Reader(file, path, limits).read();
}

std::vector<RawPart> make_png_chunks(const Metadata& metadata) {
  std::vector<RawPart> chunks = metadata.png_chunks;
  const auto add = [&](std::string kind, std::string_view head, ByteView data) {
    if (data.empty()) return;
    RawPart chunk{std::move(kind), {}};
    append(chunk.data, head);
    append(chunk.data, data);
    chunks.push_back(std::move(chunk));
  };
  const bool has_density = std::ranges::any_of(chunks, [](const auto& chunk) { return chunk.kind == "pHYs"; });
  if (metadata.density && !metadata.density->says_nothing() && !has_density)
    chunks.push_back(physical_size(*metadata.density));
  if (!metadata.icc.empty()) add("iCCP", "ICC Profile\0\0"sv, deflate(metadata.icc));
  add("eXIf", {}, metadata.exif);
  add("iTXt", "XML:com.adobe.xmp\0\0\0\0\0"sv, as_bytes(metadata.xmp.packet));
  if (!metadata.photoshop.empty()) {
    const std::string profile = to_raw_profile("iptc", metadata.photoshop);
    add("zTXt", "Raw profile type iptc\0\0"sv, deflate(as_bytes(profile)));
  }
  for (const std::string& comment : metadata.comments) add("tEXt", "Comment\0"sv, as_bytes(comment));
  return chunks;
}

}  // namespace hdrtile
