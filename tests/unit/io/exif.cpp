#include "exif.h"

#include <cstring>

namespace hdrtile::test {
namespace {

class Writer {
 public:
  explicit Writer(bool little) : little_(little) {}
  void u16(std::uint32_t v) { number(v, 2); }
  void u32(std::uint32_t v) { number(v, 4); }
  void number(std::uint32_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(v >> (8U * (little_ ? i : bytes - 1 - i))));
  }
  void entry(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
    u16(tag);
    u16(type);
    u32(count);
    if (type == 3 && count == 1) {
      u16(value);
      u16(0);
    } else {
      u32(value);
    }
  }
  void pad_to(std::size_t position) { out.resize(position); }
  Bytes out;

 private:
  bool little_;
};

// Where the parts of the block lie.
constexpr std::uint32_t ifd0 = 8;
constexpr std::uint32_t make_text = 100;
constexpr std::uint32_t exif_ifd = 120;
constexpr std::uint32_t maker_note = 200;
constexpr std::uint32_t secret = 240;
constexpr std::uint32_t gps_ifd = 300;
constexpr std::uint32_t latitude = 350;
constexpr std::uint32_t ifd1 = 400;
constexpr std::uint32_t thumbnail = 460;

}  // namespace

Bytes make_exif(const ExifSpec& spec) {
  const auto width = static_cast<std::uint32_t>(spec.size.width);
  const auto height = static_cast<std::uint32_t>(spec.size.height);
  Writer w(spec.little_endian);
  append(w.out, spec.little_endian ? "II" : "MM");
  w.u16(42);
  w.u32(ifd0);

  w.u16(6);
  w.entry(0x0100, 4, 1, width);
  w.entry(0x0101, 4, 1, height);
  w.entry(0x010F, 2, 10, make_text);
  w.entry(0x0112, 3, 1, static_cast<std::uint32_t>(spec.orientation));
  w.entry(0x8769, 4, 1, exif_ifd);
  w.entry(0x8825, 4, 1, gps_ifd);
  w.u32(spec.thumbnail.empty() ? 0 : ifd1);

  w.pad_to(make_text);
  append(w.out, "TestMaker");
  w.pad_to(exif_ifd);
  w.u16(3);
  w.entry(0x927C, 7, 40, maker_note);
  w.entry(0xA002, 3, 1, width);
  w.entry(0xA003, 3, 1, height);
  w.u32(0);

  w.pad_to(maker_note);
  append(w.out, "MAKERNOT");
  w.u32(secret);
  w.pad_to(secret);
  append(w.out, maker_note_secret);

  w.pad_to(gps_ifd);
  w.u16(2);
  w.entry(0x0001, 2, 2, spec.little_endian ? 'N' : static_cast<std::uint32_t>('N') << 24U);
  w.entry(0x0002, 5, 3, latitude);
  w.u32(0);
  w.pad_to(latitude);
  for (const std::uint32_t value : {gps_degrees, 1U, 30U, 1U, 0U, 1U}) w.u32(value);

  w.pad_to(ifd1);
  if (!spec.thumbnail.empty()) {
    w.u16(3);
    w.entry(0x0103, 3, 1, 6);
    w.entry(0x0201, 4, 1, thumbnail);
    w.entry(0x0202, 4, 1, static_cast<std::uint32_t>(spec.thumbnail.size()));
    w.u32(0);
    w.pad_to(thumbnail);
    append(w.out, ByteView(spec.thumbnail));
  }
  return w.out;
}

std::string maker_note_text(ByteView tiff) {
  if (tiff.size() < secret + std::strlen(maker_note_secret) || tiff[0] != 'I') return {};
  const ByteView note = tiff.subspan(maker_note);
  if (!starts_with(note, "MAKERNOT")) return {};
  const std::size_t offset = note[8] | note[9] << 8U | note[10] << 16U;
  if (offset >= tiff.size()) return {};
  return std::string(as_text(tiff.subspan(offset)).substr(0, std::strlen(maker_note_secret)));
}

Bytes exif_segment(const ExifSpec& spec) {
  Bytes segment;
  append(segment, std::string_view("Exif\0\0", 6));
  append(segment, ByteView(make_exif(spec)));
  return segment;
}

}  // namespace hdrtile::test
