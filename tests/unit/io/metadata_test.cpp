#include "metadata.h"

#include <exiv2/exiv2.hpp>

#include "exif.h"
#include "exif_patch.h"
#include "files.h"
#include "hdrtile/compare.h"
#include "photoshop.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

const Stamp stamp{"0.1.0", "small 1.0 abc", "tile=512", "0123"};

constexpr auto rating =
    R"(xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:Rating="4" tiff:Orientation="6" tiff:ImageWidth="9"/>)"sv;

Bytes photoshop_segment() {
  const auto city = "\x1C\x02\x5A\0\6Lisboa"sv;
  Bytes resources = as_resource(as_bytes(city));
  append(resources, "8BIM\x04\x0C\0\0\0\0\0\4thum"sv);  // a thumbnail
  return with_prefix("Photoshop 3.0\0"sv, as_text(resources));
}

JpegSpec full_jpeg() {
  JpegSpec spec;
  spec.segments = {
      {0xE1, exif_segment({.orientation = 6, .size = {999, 888}, .thumbnail = make_jpeg({.size = {160, 120}})})},
      {0xE1, xmp_segment(rating)},
      {0xED, photoshop_segment()},
      {0xE5, with_prefix("VENDOR\0"sv, "private data")},
      {0xFE, with_prefix("", "a comment")}};
  return spec;
}

TEST(Metadata, AJpegKeepsWhatItCarries) {
  const Bytes before = make_jpeg(full_jpeg());
  Warnings warnings;
  const Bytes after = encode(decode(before), {}, &warnings);
  EXPECT_TRUE(warnings.empty()) << warnings.front();
  EXPECT_EQ(maker_note_text(exif_of(after)), maker_note_secret);
  EXPECT_TRUE(contains(exif_of(after), as_bytes("TestMaker")));
  EXPECT_TRUE(contains(after, as_bytes("Rating")));
  EXPECT_TRUE(contains(jpeg_segments(after, 0xED).at(0), as_bytes("Lisboa")));
  EXPECT_EQ(jpeg_segments(after, 0xE5), jpeg_segments(before, 0xE5));
  EXPECT_EQ(jpeg_segments(after, 0xFE), jpeg_segments(before, 0xFE));
}

TEST(Metadata, OnlyWhatHasToChangeInExifChanges) {
  const Bytes before = exif_of(make_jpeg(full_jpeg()));
  const Bytes after = exif_of(encode(decode(make_jpeg(full_jpeg()))));
  ASSERT_EQ(before.size(), after.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < 460; ++i) different += before[i] != after[i] ? 1 : 0;
  EXPECT_LE(different, 12U) << "orientation, four numbers of size, the thumbnail's length";
}

TEST(Metadata, DimensionsAndOrientationTellTheTruth) {
  for (const bool little : {true, false}) {
    JpegSpec spec{.size = {64, 48}};
    spec.segments = {{0xE1, exif_segment({.little_endian = little, .orientation = 6, .size = {64, 48}})},
                     {0xE1, xmp_segment(rating)}};
    Photo photo = decode(make_jpeg(spec));
    ASSERT_EQ(photo.pixels.size(), (Size{48, 64}));
    photo.pixels = gradient({96, 128});  // a model of scale 2
    const Bytes file = encode(photo);
    Bytes exif = exif_of(file);
    const auto value = [&](std::size_t at, int bytes) {
      std::uint32_t number = 0;
      for (int i = 0; i < bytes; ++i) number = number << 8U | exif[at + (little ? bytes - 1 - i : i)];
      return number;
    };
    EXPECT_EQ(value(10 + 8, 4), 96U);             // ImageWidth
    EXPECT_EQ(value(10 + 12 + 8, 4), 128U);       // ImageLength
    EXPECT_EQ(value(10 + 3 * 12 + 8, 2), 1U);     // Orientation
    EXPECT_EQ(value(122 + 12 + 8, 2), 96U);       // PixelXDimension
    EXPECT_EQ(value(122 + 2 * 12 + 8, 2), 128U);  // PixelYDimension
    EXPECT_TRUE(contains(file, as_bytes(R"(tiff:Orientation="1")")));
    EXPECT_TRUE(contains(file, as_bytes(R"(tiff:ImageWidth="96")")));
  }
}

TEST(Metadata, AnOrientationThatXmpAloneSaysIsLeftToViewers) {
  const auto xmp_of = [](const Bytes& exif) {
    JpegSpec spec{.size = {64, 48}};
    if (!exif.empty()) spec.segments.push_back({0xE1, exif});
    spec.segments.push_back({0xE1, xmp_segment(rating)});
    const Photo photo = decode(make_jpeg(spec));
    EXPECT_EQ(photo.pixels.size(), (Size{64, 48}));
    return std::string(as_text(jpeg_segments(encode(photo), 0xE1).back()));
  };
  EXPECT_NE(xmp_of({}).find(R"(tiff:Orientation="6")"), std::string::npos) << "most ask EXIF alone, but some do not";
  EXPECT_NE(xmp_of(exif_segment({.orientation = 1})).find(R"(tiff:Orientation="1")"), std::string::npos)
      << "all ask EXIF first";
}

TEST(Metadata, TheThumbnailIsMadeOfTheResult) {
  Photo photo = decode(make_jpeg(full_jpeg()));
  photo.pixels = make_image({400, 300}, Depth::u8, 3, [](int, int, int c) { return c == 0 ? 1 : 0; });
  const Bytes exif = exif_of(encode(photo));
  const Bytes thumbnail(exif.begin() + 460, exif.end());
  const Photo small = decode(thumbnail);
  EXPECT_EQ(small.pixels.size(), (Size{160, 120}));
  EXPECT_GT(samples(small.pixels)[0], 0.95F);
  EXPECT_LT(samples(small.pixels)[1], 0.05F);
}

TEST(Metadata, AThumbnailWithoutRoomIsDropped) {
  JpegSpec spec{.size = {400, 300}};
  const Bytes tiny = make_jpeg({.size = {1, 1}, .components = 1});
  spec.segments = {{0xE1, exif_segment({.thumbnail = tiny})}};
  Photo photo = decode(make_jpeg(spec));
  const Bytes exif = exif_of(encode(photo));
  EXPECT_FALSE(contains(exif, "\xFF\xD8"sv.empty() ? ByteView() : as_bytes("\xFF\xD8\xFF"sv)));
  EXPECT_EQ(ExifPatch::open(exif)->thumbnail_room(), 0U);
  EXPECT_EQ(maker_note_text(exif), maker_note_secret);
}

TEST(Metadata, StaleThumbnailsOfPhotoshopGo) {
  const Bytes file = encode(decode(make_jpeg(full_jpeg())));
  EXPECT_FALSE(contains(jpeg_segments(file, 0xED).at(0), as_bytes("thum")));
}

TEST(Metadata, GoesFromJpegToPngAndBack) {
  const Bytes png = encode(decode(make_jpeg(full_jpeg())), {.format = Format::png});
  EXPECT_EQ(maker_note_text(png_chunks(png, "eXIf").at(0)), maker_note_secret);
  const Photo photo = decode(png);
  EXPECT_TRUE(photo.warnings.empty());
  const Bytes jpeg = encode(photo, {.format = Format::jpeg});
  EXPECT_EQ(maker_note_text(exif_of(jpeg)), maker_note_secret);
  EXPECT_TRUE(contains(jpeg, as_bytes("Rating")));
  EXPECT_TRUE(contains(jpeg_segments(jpeg, 0xED).at(0), as_bytes("Lisboa")));
  EXPECT_EQ(as_text(jpeg_segments(jpeg, 0xFE).at(0)), "a comment");
}

TEST(Metadata, PngTextIsCarriedByteByByte) {
  PngSpec spec;
  const Bytes text = with_prefix("Title\0"sv, "A room");
  const Bytes physical = with_prefix("\0\0\x0B\x13\0\0\x0B\x13\1"sv, "");
  spec.chunks = {{"tEXt", text}, {"pHYs", physical}};
  const Bytes file = encode(decode(make_png(spec, png_noise(spec))));
  EXPECT_EQ(png_chunks(file, "tEXt").at(0), text);
  EXPECT_EQ(png_chunks(file, "pHYs").at(0), physical);
  Warnings warnings;
  const Bytes jpeg = encode(decode(file), {.format = Format::jpeg}, &warnings);
  EXPECT_TRUE(contains(warnings, "text entries"));
  EXPECT_EQ(read_u16be(jpeg_segments(jpeg, 0xE0).at(0).data() + 8), 72U) << "density in pixels per inch";
}

TEST(Metadata, RawProfilesOfImageMagickAreRead) {
  PngSpec spec;
  const std::string exif = to_raw_profile("exif", exif_segment({.orientation = 3}));
  spec.chunks = {{"tEXt", with_prefix("Raw profile type exif\0"sv, exif)}};
  const Bytes file = make_png(spec, png_noise(spec));
  EXPECT_EQ(read_header(file, "photo").orientation, 3);
  EXPECT_EQ(maker_note_text(png_chunks(encode(decode(file)), "eXIf").at(0)), maker_note_secret);
}

TEST(Metadata, DamagedExifAndXmpAreWarningsNotLostPhotos) {
  JpegSpec spec;
  spec.segments = {{0xE1, with_prefix("Exif\0\0MM\0*\xFF\xFF\xFF\xF0"sv, "rubbish")},
                   {0xE1, with_prefix("http://ns.adobe.com/xap/1.0/\0"sv, "<x:xmpmeta")}};
  Warnings warnings;
  const Bytes file = encode(decode(make_jpeg(spec)), {.stamp = stamp}, &warnings);
  EXPECT_TRUE(contains(warnings, "EXIF is damaged"));
  EXPECT_TRUE(contains(warnings, "XMP is damaged"));
  EXPECT_EQ(read_header(file, "photo").stamp, stamp);
}

TEST(Metadata, ADamagedPngChunkIsAWarningNotALostPhoto) {
  PngSpec spec;
  spec.chunks = {{"eXIf", make_exif({})}, {"tEXt", with_prefix("Title\0"sv, "A room")}};
  Bytes file = make_png(spec, png_noise(spec));
  const auto place = as_text(file).find("TestMaker");
  ASSERT_NE(place, std::string_view::npos);
  file[place] = '#';  // the chunk's checksum is wrong now
  const Photo photo = decode(file);
  EXPECT_TRUE(contains(photo.warnings, "eXIf is damaged"));
  EXPECT_EQ(samples(photo.pixels), samples(decode(make_png(spec, png_noise(spec))).pixels));
  EXPECT_FALSE(png_chunks(encode(photo), "tEXt").empty()) << "the others stay";
}

TEST(Metadata, ExifOfRubbishIsLeftAloneWithoutHarm) {
  const Bytes whole = make_exif({.orientation = 6, .thumbnail = make_jpeg({.size = {8, 8}})});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0, 0x7F, 0xFF}) {
      Bytes damaged = whole;
      damaged[i] = static_cast<std::uint8_t>(value);
      if (i % 3 == 0) damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(i), damaged.end());
      auto patch = ExifPatch::open(damaged);
      if (!patch) continue;
      patch->set_upright();
      patch->set_size({70'000, 2});
      patch->replace_thumbnail(Bytes(4), {1, 1});
      patch->remove_gps();
      patch->drop_thumbnail();
      EXPECT_EQ(std::move(*patch).take().size(), damaged.size());
    }
  }
}

TEST(Metadata, GainMapsAreDroppedWithAWarning) {
  JpegSpec spec;
  spec.segments = {
      {0xE1,
       xmp_segment(
           R"(xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" hdrgm:Version="1.0" xmp:Rating="3"/>)")},
      {0xE2, with_prefix("MPF\0"sv, "MM\0*index")}};
  Bytes file = make_jpeg(spec);
  append(file, ByteView(make_jpeg({.size = {16, 16}})));  // the gain map, behind the end
  const Photo photo = decode(file);
  EXPECT_TRUE(contains(photo.warnings, "gain map"));
  const Bytes after = encode(photo);
  EXPECT_TRUE(jpeg_segments(after, 0xE2).empty());
  EXPECT_FALSE(contains(after, as_bytes("hdr-gain-map")));
  EXPECT_TRUE(contains(after, as_bytes("Rating")));
}

TEST(Metadata, TheFilmOfAMotionPhotoIsDroppedWithAWarning) {
  JpegSpec spec;
  spec.segments = {
      {0xE1, xmp_segment(R"(xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"/>)")}};
  Bytes file = make_jpeg(spec);
  append(file, "....ftypmp42 a film");
  const Photo photo = decode(file);
  EXPECT_TRUE(contains(photo.warnings, "film of a motion photo was dropped"));
  EXPECT_FALSE(contains(encode(photo), as_bytes("MotionPhoto")));
}

TEST(Metadata, SquarePixelsOfNoSizeDoNotStandInThePlaceOfTheExifResolution) {
  const Photo photo = decode(make_jpeg({}));  // libjpeg's JFIF says 1 x 1, no unit
  ASSERT_TRUE(photo.metadata->density);
  EXPECT_TRUE(png_chunks(encode(photo, {.format = Format::png}), "pHYs").empty());
  EXPECT_EQ(read_u16be(jpeg_segments(encode(photo), 0xE0).at(0).data() + 8), 1U) << "a JPEG keeps it";
}

TEST(Metadata, AdobeRgbThatExifAloneNamesIsTakenAsSuch) {
  Exiv2::ExifData tags;
  tags["Exif.Photo.ColorSpace"] = std::uint16_t{0xFFFF};
  tags["Exif.Iop.InteroperabilityIndex"] = "R03";
  Exiv2::Blob blob;
  Exiv2::ExifParser::encode(blob, Exiv2::littleEndian, tags);
  JpegSpec spec;
  spec.segments = {{0xE1, with_prefix("Exif\0\0"sv, as_text(ByteView(blob.data(), blob.size())))}};
  JpegSpec named;
  for (const auto& part : icc_segments(adobe_rgb_profile())) named.segments.push_back({0xE2, part});
  const Photo photo = decode(make_jpeg(spec));
  const Photo with_profile = decode(make_jpeg(named));
  EXPECT_LT(compare_photos(photo, with_profile).delta_e_max, 1);
  EXPECT_GT(compare_photos(photo, decode(make_jpeg({}))).delta_e_mean, 1);
  EXPECT_FALSE(decode(encode(photo)).profile.empty()) << "for readers that do not ask EXIF";
}

TEST(Metadata, TheStampIsReadBackFromEveryFormatUnderEveryPolicy) {
  const Photo photo = decode(make_jpeg(full_jpeg()));
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    const Format format = facts.format;
    for (const auto policy : {MetadataPolicy::keep, MetadataPolicy::no_gps, MetadataPolicy::none}) {
      const Bytes file = encode(photo, {.format = format, .metadata = policy, .stamp = stamp});
      EXPECT_EQ(read_header(file, "photo").stamp, stamp);
      const Stamp newer{"0.2.0", "base", "", "4567"};
      EXPECT_EQ(read_header(encode(decode(file), {.metadata = policy, .stamp = newer}), "photo").stamp, newer);
      EXPECT_EQ(read_header(encode(decode(file), {.metadata = policy}), "photo").stamp, stamp) << "an old one stays";
    }
  }
  EXPECT_FALSE(read_header(make_jpeg(full_jpeg()), "photo").stamp.has_value());
}

TEST(Metadata, GoesThroughEveryFormatAndBack) {
  JpegSpec spec = full_jpeg();
  for (const auto& part : icc_segments(display_p3_profile())) spec.segments.push_back({0xE2, part});
  const Photo photo = decode(make_jpeg(spec));
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    const Photo there = decode(encode(photo, {.format = facts.format, .stamp = stamp}));
    EXPECT_TRUE(there.warnings.empty()) << facts.name << ": " << there.warnings.front();
    EXPECT_EQ(there.profile, photo.profile) << facts.name;
    const Bytes back = encode(there, {.format = Format::jpeg});
    const Bytes exif = exif_of(back);
    EXPECT_TRUE(contains(exif, as_bytes("TestMaker"))) << facts.name;
    // Out of a TIFF exiv2 takes tags, not bytes: what an unknown maker's note points to outside itself stays behind.
    EXPECT_EQ(maker_note_text(exif), facts.format == Format::tiff ? "" : maker_note_secret) << facts.name;
    EXPECT_TRUE(contains(back, as_bytes("Rating"))) << facts.name;
    EXPECT_TRUE(contains(back, as_bytes("Lisboa"))) << facts.name << ": IPTC, or XMP where there is no place for it";
    EXPECT_EQ(jpeg_segments(back, 0xE2).size(), 1U) << facts.name;
  }
}

TEST(Metadata, NoneLeavesTheProfileAlone) {
  JpegSpec spec = full_jpeg();
  for (const auto& part : icc_segments(display_p3_profile())) spec.segments.push_back({0xE2, part});
  const Photo photo = decode(make_jpeg(spec));
  const Bytes jpeg = encode(photo, {.metadata = MetadataPolicy::none});
  EXPECT_TRUE(exif_of(jpeg).empty());
  EXPECT_TRUE(jpeg_segments(jpeg, 0xE1).empty());
  EXPECT_TRUE(jpeg_segments(jpeg, 0xED).empty());
  EXPECT_TRUE(jpeg_segments(jpeg, 0xE5).empty());
  EXPECT_TRUE(jpeg_segments(jpeg, 0xFE).empty());
  EXPECT_EQ(jpeg_segments(jpeg, 0xE2).size(), 1U);
  const Bytes png = encode(photo, {.format = Format::png, .metadata = MetadataPolicy::none});
  EXPECT_TRUE(png_chunks(png, "eXIf").empty() && png_chunks(png, "iTXt").empty() && png_chunks(png, "tEXt").empty());
  EXPECT_EQ(png_chunks(png, "iCCP").size(), 1U);
}

}  // namespace
}  // namespace hdrtile::test
