#include <exiv2/exiv2.hpp>

#include "exif.h"
#include "exif_patch.h"
#include "files.h"
#include "metadata.h"

namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

Bytes xmp_with_position() {
  Bytes segment;
  append(segment, "http://ns.adobe.com/xap/1.0/\0"sv);
  append(
      segment,
      R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:drone="http://www.dji.com/drone-dji/1.0/" exif:GPSLatitude="38,42.7N" exif:GPSTimeStamp="2024-01-01" drone:GpsLatitude="38.7" drone:Longitude="9.1" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>)"sv);
  return segment;
}

class NoGps : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(ByteOrders, NoGps, testing::Bool());

TEST_P(NoGps, TakesThePositionOutOfExifAndNothingElse) {
  Bytes degrees;
  for (int i = 0; i < 4; ++i)
    degrees.push_back(static_cast<std::uint8_t>(gps_degrees >> (8U * (GetParam() ? i : 3 - i))));
  const Bytes before =
      make_exif({.little_endian = GetParam(), .orientation = 6, .thumbnail = make_jpeg({.size = {32, 24}})});
  ASSERT_TRUE(contains(before, degrees));
  auto patch = ExifPatch::open(before);
  patch->remove_gps();
  EXPECT_EQ(patch->orientation(), 6);
  EXPECT_GT(patch->thumbnail_room(), 0U) << "the way to the next directory moved up with the entries";
  const Bytes after = std::move(*patch).take();
  EXPECT_FALSE(contains(after, degrees)) << "not only the way there goes";
  if (GetParam()) {
    EXPECT_EQ(maker_note_text(after), maker_note_secret);
  }
  EXPECT_EQ(after.size(), before.size());
}

TEST(NoGps, LeavesNoPositionInAFile) {
  JpegSpec spec;
  spec.segments = {{0xE1, exif_segment({})}, {0xE1, xmp_with_position()}};
  const Photo photo = decode(make_jpeg(spec));
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    const Format format = facts.format;
    const Bytes kept = encode(photo, {.format = format});
    EXPECT_TRUE(contains(kept, as_bytes("GPSLatitude")));
    const Bytes file = encode(photo, {.format = format, .metadata = MetadataPolicy::no_gps});
    for (const char* word : {"GPSLatitude", "GPSTimeStamp", "GpsLatitude", "Longitude"}) {
      EXPECT_FALSE(contains(file, as_bytes(word))) << word;
    }
    EXPECT_TRUE(contains(file, as_bytes("Rating")));
    EXPECT_TRUE(contains(file, as_bytes("TestMaker")));
    EXPECT_TRUE(contains(file, as_bytes(maker_note_secret)));
  }
}

TEST(NoGps, LeavesNoneInTextsSegmentsAndTheTagsOfMaps) {
  PngSpec png;
  Bytes text;
  append(text,
         "exif:GPSLatitude\0"
         "48/1, 51/1"sv);
  Bytes title;
  append(title,
         "Title\0"
         "a house"sv);
  png.chunks = {{"tEXt", text}, {"tEXt", title}};
  const Bytes cleaned = encode(decode(make_png(png, png_noise(png))), {.metadata = MetadataPolicy::no_gps});
  EXPECT_FALSE(contains(cleaned, as_bytes("Latitude")));
  EXPECT_TRUE(contains(cleaned, as_bytes("a house")));

  JpegSpec jpeg;
  Bytes film;
  append(film, "GoPro\0....GPS5 48.85"sv);
  jpeg.segments = {{0xE6, film}, {0xE5, Bytes(20, 'k')}};
  const Photo photo = decode(make_jpeg(jpeg));
  EXPECT_TRUE(contains(encode(photo), as_bytes("GPS5")));
  Warnings warnings;
  const Bytes without = encode(photo, {.metadata = MetadataPolicy::no_gps}, &warnings);
  EXPECT_TRUE(contains(warnings, "name a place"));
  EXPECT_FALSE(contains(without, as_bytes("GPS5")));
  EXPECT_TRUE(contains(without, Bytes(20, 'k')));

  constexpr std::uint16_t tie_point = 33922;
  Exiv2::ExifData tags;
  tags["Exif.Image.Make"] = "TestMaker";
  tags["Exif.Image.0x8482"] = "of 48.85 and 2.29";
  Exiv2::Blob blob;
  Exiv2::ExifParser::encode(blob, Exiv2::littleEndian, tags);
  static_assert(tie_point == 0x8482);
  Metadata metadata;
  metadata.exif = Bytes(blob.begin(), blob.end());
  Photo map;
  map.format = Format::tiff;
  map.pixels = noise({16, 16}, Depth::u8);
  map.metadata = std::make_shared<Metadata>(metadata);
  EXPECT_TRUE(contains(encode(map), as_bytes("48.85")));
  const Bytes unmapped = encode(map, {.metadata = MetadataPolicy::no_gps});
  EXPECT_FALSE(contains(unmapped, as_bytes("48.85")));
  EXPECT_TRUE(contains(unmapped, as_bytes("TestMaker")));
}

/// EXIF with a note as Panasonic writes it, of one text.
Bytes panasonic_exif(std::uint16_t tag, std::string_view text) {
  Bytes out;
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
  };
  const auto entry = [&](std::uint16_t name, int type, std::size_t count, std::size_t value) {
    number(name, 2);
    number(type, 2);
    number(static_cast<std::uint32_t>(count), 4);
    number(static_cast<std::uint32_t>(value), 4);
  };
  constexpr std::size_t make = 8 + 2 + 2 * 12 + 4;
  constexpr std::size_t exif = make + 10;
  constexpr std::size_t note = exif + 2 + 12 + 4;
  constexpr std::size_t value = note + 12 + 2 + 12 + 4;
  append(out, "II*\0\x08\0\0\0\x02\0"sv);
  entry(0x010F, 2, 10, make);
  entry(0x8769, 4, 1, exif);
  number(0, 4);
  append(out, "Panasonic\0\x01\0"sv);
  entry(0x927C, 7, value - note + 72, note);
  number(0, 4);
  append(out, "Panasonic\0\0\0\x01\0"sv);
  entry(tag, 7, 72, value);
  number(0, 4);
  append(out, text);
  out.resize(value + 72);
  return out;
}

TEST(NoGps, AMakerNoteThatNamesAPlaceGoesAsAWhole) {
  constexpr std::uint16_t city = 0x006D;
  constexpr std::uint16_t baby = 0x0066;
  const auto written = [](std::uint16_t tag, std::string_view text, MetadataPolicy policy, Warnings* warnings) {
    Bytes segment;
    append(segment, "Exif\0\0"sv);
    append(segment, ByteView(panasonic_exif(tag, text)));
    JpegSpec spec;
    spec.segments = {{0xE1, segment}};
    return encode(decode(make_jpeg(spec)), {.metadata = policy}, warnings);
  };
  Warnings warnings;
  const Bytes without = written(city, "Lisboa", MetadataPolicy::no_gps, &warnings);
  EXPECT_FALSE(contains(without, as_bytes("Lisboa")));
  EXPECT_TRUE(contains(warnings, "maker note names a place"));
  EXPECT_TRUE(contains(without, as_bytes("Panasonic"))) << "the maker stays";
  EXPECT_TRUE(contains(written(city, "Lisboa", MetadataPolicy::keep, nullptr), as_bytes("Lisboa")));
  EXPECT_TRUE(contains(written(baby, "Secret", MetadataPolicy::no_gps, &warnings), as_bytes("Secret")));
  EXPECT_TRUE(warnings.empty()) << "notes without a place stay";
  EXPECT_FALSE(contains(written(city, "---", MetadataPolicy::no_gps, &warnings), as_bytes("Lisboa")));
  EXPECT_TRUE(warnings.empty()) << "an empty place is none";
}

}  // namespace
}  // namespace hdrtile::test
