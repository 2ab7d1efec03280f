#include "jpeg_segments.h"

#include <algorithm>
#include <map>

namespace hdrtile {
namespace {

using namespace std::string_view_literals;

constexpr auto exif_id = "Exif\0\0"sv;
constexpr auto xmp_id = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr auto extended_xmp_prefix = "http://ns.adobe.com/xmp/extension/\0"sv;
constexpr auto icc_id = "ICC_PROFILE\0"sv;
constexpr auto photoshop_id = "Photoshop 3.0\0"sv;
constexpr auto gain_map_id = "urn:iso:std:iso:ts:21496:-1"sv;
constexpr std::size_t max_payload = 65'533;
constexpr std::size_t md5_digits = 32;
constexpr int app1 = 0xE1;
constexpr int app2 = 0xE2;
constexpr int app13 = 0xED;
constexpr int comment_marker = 0xFE;

class Parser {
 public:
  explicit Parser(Warnings& warnings) : warnings_(warnings) {}

  void add(const JpegSegment& segment) {
    const ByteView payload = segment.payload;
    const auto after = [&](std::string_view id) { return payload.subspan(std::min(id.size(), payload.size())); };
    const auto is = [&](int marker, std::string_view id) {
      return segment.marker == marker && starts_with(payload, id);
    };
    if (is(0xE0, "JFIF\0"sv)) {
      add_density(after("JFIF\0"sv));
    } else if (is(0xE0, "JFXX\0"sv) || is(0xEE, "Adobe"sv)) {
      // A thumbnail that is no longer true; how the samples were coded, which the encoder says anew.
    } else if (is(app1, "Exif\0"sv)) {
      if (metadata_.exif.empty()) append(metadata_.exif, after(exif_id));
    } else if (is(app1, xmp_id)) {
      if (metadata_.xmp.packet.empty()) metadata_.xmp.packet = as_text(after(xmp_id));
    } else if (is(app1, extended_xmp_prefix)) {
      extended_xmp_.push_back(after(extended_xmp_prefix));
    } else if (is(app2, icc_id) && payload.size() > icc_id.size() + 2) {
      icc_.emplace(payload[icc_id.size()], payload.subspan(icc_id.size() + 2));
      icc_count_ = payload[icc_id.size() + 1];
    } else if (is(app2, "MPF\0"sv) || is(app2, gain_map_id)) {
      drops_pictures_ = true;
    } else if (segment.marker == 0xEB) {
      warnings_.emplace_back("content credentials or HDR data (APP11) do not fit the new pixels and were dropped");
    } else if (is(app13, photoshop_id)) {
      append(metadata_.photoshop, after(photoshop_id));
    } else if (segment.marker == comment_marker) {
      metadata_.comments.emplace_back(as_text(payload));
    } else {
      metadata_.jpeg_segments.push_back(
          {std::string(1, static_cast<char>(segment.marker)), Bytes(payload.begin(), payload.end())});
    }
  }

  Metadata finish() {
    join_icc();
    join_extended_xmp();
    const auto told = [&](std::string_view word) { return metadata_.xmp.packet.find(word) != std::string::npos; };
    if (drops_pictures_ || told("hdr-gain-map")) {
      warnings_.emplace_back(
          "further pictures in the file (HDR gain map, previews) do not fit the new pixels and were dropped");
    }
    if (told("MotionPhoto") || told("MicroVideo")) {
      warnings_.emplace_back("the film of a motion photo was dropped: the result is the picture alone");
    }
    return std::move(metadata_);
  }

 private:
  void add_density(ByteView jfif) {  // version 2, unit 1, x 2, y 2
    if (jfif.size() < 7 || jfif[2] > 2) return;
    const auto unit = static_cast<Density::Unit>(jfif[2]);
    metadata_.density = Density{unit, read_u16be(jfif.data() + 3), read_u16be(jfif.data() + 5)};
  }

  void join_icc() {
    if (icc_.empty()) return;
    if (std::ssize(icc_) != icc_count_ || icc_.begin()->first != 1) {
      warnings_.emplace_back("parts of the colour profile are missing: it was dropped, the photo is taken as sRGB");
      return;
    }
    for (const auto& [number, part] : icc_) append(metadata_.icc, part);
  }

  /// Each part: MD5 of the whole (32 digits), its length 4, this part's offset 4.
  void join_extended_xmp() {
    const std::string id = extended_xmp_id(metadata_.xmp.packet);
    std::map<std::uint32_t, ByteView> parts;
    std::uint32_t length = 0;
    for (const ByteView part : extended_xmp_) {
      if (part.size() < md5_digits + 8 || id.empty() || !starts_with(part, id)) continue;
      length = read_u32be(part.data() + md5_digits);
      parts.emplace(read_u32be(part.data() + md5_digits + 4), part.subspan(md5_digits + 8));
    }
    std::string whole;
    for (const auto& [offset, part] : parts) {
      if (offset == whole.size()) whole += as_text(part);
    }
    if (whole.size() == length) {
      metadata_.xmp.extended = std::move(whole);
    } else {
      warnings_.emplace_back("parts of the extended XMP are missing: it was dropped");
    }
  }

  Warnings& warnings_;
  Metadata metadata_;
  std::map<int, ByteView> icc_;  // by number, from 1
  std::ptrdiff_t icc_count_ = 0;
  std::vector<ByteView> extended_xmp_;
  bool drops_pictures_ = false;
};

class Maker {
 public:
  explicit Maker(Warnings& warnings) : warnings_(warnings) {}

  void add(int marker, std::string_view id, ByteView data, const char* name) {
    if (data.empty()) return;
    if (id.size() + data.size() > max_payload) {
      warnings_.push_back(std::string(name) + " is too large for a JPEG and was dropped");
      return;
    }
    Bytes payload;
    append(payload, id);
    append(payload, data);
    segments_.push_back({marker, std::move(payload)});
  }

  /// Cuts data that may span several segments; `make_id` gives each part's prefix from its index, offset.
  template <typename MakeId>
  void add_parts(int marker, ByteView data, std::size_t id_bytes, const MakeId& make_id) {
    const std::size_t step = max_payload - id_bytes;
    for (std::size_t offset = 0; offset < data.size(); offset += step) {
      Bytes payload = make_id(offset / step, offset);
      append(payload, data.subspan(offset, std::min(step, data.size() - offset)));
      segments_.push_back({marker, std::move(payload)});
    }
  }

  void add_extended_xmp(const Xmp& xmp) {
    add_parts(app1, as_bytes(xmp.extended), extended_xmp_prefix.size() + md5_digits + 8,
              [&](std::size_t, std::size_t offset) {
                Bytes id;
                append(id, extended_xmp_prefix);
                append(id, extended_xmp_id(xmp.packet));
                append_u32be(id, static_cast<std::uint32_t>(xmp.extended.size()));
                append_u32be(id, static_cast<std::uint32_t>(offset));
                return id;
              });
  }

  void add_icc(ByteView icc) {
    const std::size_t step = max_payload - icc_id.size() - 2;
    const std::size_t count = (icc.size() + step - 1) / step;
    if (count > 255) {
      warnings_.emplace_back("the colour profile is too large for a JPEG and was dropped");
      return;
    }
    add_parts(app2, icc, icc_id.size() + 2, [&](std::size_t index, std::size_t) {
      Bytes id;
      append(id, icc_id);
      id.push_back(static_cast<std::uint8_t>(index + 1));
      id.push_back(static_cast<std::uint8_t>(count));
      return id;
    });
  }

  void add_photoshop(ByteView resources) {
    add_parts(app13, resources, photoshop_id.size(), [](std::size_t, std::size_t) {
      return Bytes(as_bytes(photoshop_id).begin(), as_bytes(photoshop_id).end());
    });
  }

  std::vector<OwnedJpegSegment> take() { return std::move(segments_); }

 private:
  Warnings& warnings_;
  std::vector<OwnedJpegSegment> segments_;
};

}  // namespace

Metadata parse_jpeg_segments(const std::vector<JpegSegment>& segments, Warnings& warnings) {
  Parser parser(warnings);
  for (const JpegSegment& segment : segments) parser.add(segment);
  return parser.finish();
}

std::vector<OwnedJpegSegment> make_jpeg_segments(const Metadata& metadata, Warnings& warnings) {
  Maker maker(warnings);
  maker.add(app1, exif_id, metadata.exif, "EXIF");
  maker.add(app1, xmp_id, as_bytes(metadata.xmp.packet), "XMP");
  maker.add_extended_xmp(metadata.xmp);
  maker.add_icc(metadata.icc);
  maker.add_photoshop(metadata.photoshop);
  for (const RawPart& part : metadata.jpeg_segments) {
    maker.add(static_cast<unsigned char>(part.kind[0]), {}, part.data, "a segment");
  }
  for (const std::string& comment : metadata.comments) maker.add(comment_marker, {}, as_bytes(comment), "a comment");
  return maker.take();
}

}  // namespace hdrtile
