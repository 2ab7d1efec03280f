#include <algorithm>
#include <exiv2/exiv2.hpp>
#include <memory>

#include "files.h"
#include "profiles.h"

// Metadata that is larger than one segment of a JPEG.
namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

const Stamp stamp{"0.1.0", "small 1.0 abc", "tile=512", "0123"};

TEST(Metadata, AProfileOfSeveralSegmentsSurvives) {
  const Bytes icc = srgb_profile(120'000);
  ASSERT_GT(icc.size(), 200'000U);
  JpegSpec spec;
  const auto parts = icc_segments(icc);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    spec.segments.push_back({0xE2, *part});  // in any order
  const Photo photo = decode(make_jpeg(spec));
  EXPECT_FALSE(photo.profile.empty());
  Bytes joined;
  for (const Bytes& segment : jpeg_segments(encode(photo), 0xE2)) append(joined, ByteView(segment).subspan(14));
  EXPECT_EQ(joined, icc);
}

TEST(Metadata, AMissingPartOfAProfileIsAWarning) {
  JpegSpec spec;
  spec.segments = {{0xE2, icc_segments(srgb_profile(120'000)).at(1)}};
  EXPECT_TRUE(contains(decode(make_jpeg(spec)).warnings, "profile"));
}

/// A photo of noise with a thumbnail as detailed, and values of so many bytes.
Photo photo_with_large_exif(std::size_t maker_note_bytes, std::size_t comment_bytes) {
  const PngSpec noisy{.size = {160, 120}};
  const Bytes thumbnail = encode(decode(make_png(noisy, png_noise(noisy))), {.format = Format::jpeg, .quality = 85});
  Exiv2::ExifData tags;
  tags["Exif.Image.Make"] = "TestMaker";
  tags["Exif.Photo.DateTimeOriginal"] = "2024:05:06 07:08:09";
  const auto add = [&](const char* key, std::size_t bytes) {
    const Bytes value(bytes, 'x');
    if (bytes > 0) tags.add(Exiv2::ExifKey(key), std::make_unique<Exiv2::DataValue>(value.data(), bytes).get());
  };
  add("Exif.Photo.MakerNote", maker_note_bytes);
  add("Exif.Photo.UserComment", comment_bytes);
  Exiv2::ExifThumb(tags).setJpegThumbnail(thumbnail.data(), thumbnail.size());
  Exiv2::MemIo io;
  Exiv2::IptcData no_iptc;
  Exiv2::XmpData no_xmp;
  Exiv2::TiffParser::encode(io, nullptr, 0, Exiv2::littleEndian, tags, no_iptc, no_xmp);
  PngSpec spec = noisy;
  spec.chunks = {{"eXIf", Bytes(io.mmap(), io.mmap() + io.size())}};
  return decode(make_png(spec, png_noise(spec)));
}

TEST(Metadata, OfExifTooLargeForAJpegWhatFitsIsKept) {
  struct Case {
    std::size_t maker_note;
    std::size_t comment;
    std::vector<std::string> dropped;
  };
  const std::vector<Case> cases = {
      {.maker_note = 50'000, .comment = 0, .dropped = {}},
      {.maker_note = 60'000, .comment = 0, .dropped = {"thumbnail"}},
      {.maker_note = 70'000, .comment = 0, .dropped = {"maker note"}},
      {.maker_note = 100, .comment = 70'000, .dropped = {"UserComment"}},
      {.maker_note = 66'000, .comment = 66'000, .dropped = {"thumbnail", "maker note", "UserComment"}}};
  for (const Case& c : cases) {
    const Photo photo = photo_with_large_exif(c.maker_note, c.comment);
    Warnings warnings;
    const Bytes exif = exif_of(encode(photo, {.format = Format::jpeg}, &warnings));
    for (const char* kept : {"TestMaker", "2024:05:06"}) EXPECT_TRUE(contains(exif, as_bytes(kept))) << c.maker_note;
    for (const char* part : {"thumbnail", "maker note", "UserComment"}) {
      const bool is_dropped = std::ranges::find(c.dropped, part) != c.dropped.end();
      EXPECT_EQ(contains(warnings, part), is_dropped) << c.maker_note << ' ' << part;
    }
    EXPECT_TRUE(contains(png_chunks(encode(photo), "eXIf").at(0), Bytes(std::max(c.maker_note, c.comment), 'x')));
  }
}

TEST(Metadata, LargeXmpOfAPngIsSplitForJpegAndJoinedAgain) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i * 7919 % 1000);
  PngSpec spec;
  const Bytes packet = xmp_segment(R"(xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source=")" + text + "\"/>");
  spec.chunks = {{"iTXt", with_prefix("XML:com.adobe.xmp\0\0\0\0\0"sv, as_text(packet).substr(29))}};
  Warnings warnings;
  const Bytes jpeg =
      encode(decode(make_png(spec, png_noise(spec))), {.format = Format::jpeg, .stamp = stamp}, &warnings);
  EXPECT_EQ(warnings, Warnings{});
  EXPECT_GE(jpeg_segments(jpeg, 0xE1).size(), 3U);
  EXPECT_EQ(read_header(jpeg, "photo").stamp, stamp);
  const Photo photo = decode(jpeg);
  EXPECT_TRUE(photo.warnings.empty());
  EXPECT_EQ(jpeg_segments(encode(photo, {.stamp = stamp}), 0xE1), jpeg_segments(jpeg, 0xE1));
  const Bytes png = encode(photo, {.format = Format::png});
  EXPECT_TRUE(contains(png, as_bytes(text)));
  EXPECT_FALSE(contains(png, as_bytes("HasExtendedXMP")));
}

TEST(Metadata, XmpThatTheStampMakesTooLargeKeepsWhatFitsInItsMainPart) {
  const auto letters = [](std::size_t count, char letter) { return std::string(count, letter); };
  JpegSpec spec;
  spec.segments = {
      {0xE1, xmp_segment(R"(xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" )"
                         R"(xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmp:Rating="4" dc:source=")" +
                         letters(40'000, 'x') + R"(" photoshop:Headline=")" + letters(20'000, 'y') +
                         R"("><dc:subject><rdf:Bag><rdf:li>)" + letters(4'800, 'z') +
                         R"(</rdf:li></rdf:Bag></dc:subject></rdf:Description>)")}};
  const Photo photo = decode(make_jpeg(spec));
  Warnings warnings;
  const Bytes file = encode(photo, {.stamp = stamp}, &warnings);
  EXPECT_EQ(warnings, Warnings{});
  const auto parts = jpeg_segments(file, 0xE1);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(contains(parts[0], as_bytes("Rating")));
  EXPECT_TRUE(contains(parts[0], as_bytes(letters(20'000, 'y'))));
  EXPECT_TRUE(contains(parts[0], as_bytes(letters(4'800, 'z'))));
  EXPECT_TRUE(contains(parts[0], as_bytes("HasExtendedXMP")));
  EXPECT_TRUE(contains(parts[1], as_bytes(letters(40'000, 'x'))));
  EXPECT_FALSE(contains(parts[1], as_bytes("Rating")));
  EXPECT_EQ(read_header(file, "photo").stamp, stamp);
  const auto again = jpeg_segments(encode(decode(file), {.stamp = stamp}), 0xE1);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].size(), parts[0].size()) << "its properties may come in another order";
  EXPECT_EQ(again[1], parts[1]);
}

}  // namespace
}  // namespace hdrtile::test
