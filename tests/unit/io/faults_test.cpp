#include <random>

#include "exif.h"
#include "files.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

class TruncatedJpeg : public testing::TestWithParam<JpegSpec> {};

INSTANTIATE_TEST_SUITE_P(Kinds, TruncatedJpeg,
                         testing::Values(JpegSpec{}, JpegSpec{.progressive = true}, JpegSpec{.restart_rows = 1},
                                         JpegSpec{.components = 1}, JpegSpec{.components = 1, .progressive = true}));

TEST_P(TruncatedJpeg, IsAnErrorWhereverItEnds) {
  const Bytes whole = make_jpeg(GetParam());
  for (std::size_t length = 3; length + 4 < whole.size(); length += 7) {
    expect_error(ErrorCode::input, "truncated or damaged", [&] { decode(ByteView(whole).first(length)); });
    if (HasFailure()) FAIL() << length << " of " << whole.size();
  }
}

TEST_P(TruncatedJpeg, AMissingEndMarkerLosesNothing) {
  const Bytes whole = make_jpeg(GetParam());
  for (const std::size_t cut : {1, 2}) {
    EXPECT_EQ(samples(decode(ByteView(whole).first(whole.size() - cut)).pixels), samples(decode(whole).pixels));
  }
}

TEST(Faults, ATruncatedPngIsAnErrorWhereverItEnds) {
  for (const bool interlaced : {false, true}) {
    const PngSpec spec{.interlaced = interlaced};
    const Bytes whole = make_png(spec, png_noise(spec));
    for (std::size_t length = 8; length < whole.size(); ++length) {
      expect_error(ErrorCode::input, "truncated or damaged", [&] { decode(ByteView(whole).first(length)); });
    }
  }
}

TEST(Faults, AFlippedBitInAPngIsFound) {
  const PngSpec spec;
  const Bytes whole = make_png(spec, png_noise(spec));
  for (std::size_t at = 8; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    EXPECT_THROW((void)decode(damaged), Error) << at;
  }
}

TEST(Faults, DamagedFilesThrowNothingButErrors) {
  std::mt19937 random(1);
  const PngSpec png;
  for (const Bytes& whole : {make_jpeg({}), make_jpeg({.progressive = true}), make_png(png, png_noise(png))}) {
    for (int round = 0; round < 300; ++round) {
      Bytes damaged = whole;
      for (int i = 0; i < 3; ++i) damaged[8 + random() % (damaged.size() - 8)] = static_cast<std::uint8_t>(random());
      try {
        (void)read_header(damaged, "photo", {.max_pixels = 1'000'000});
        (void)decode_photo(damaged, "photo", {.max_pixels = 1'000'000});
      } catch (const Error&) {  // any other exception fails the test
      }
    }
  }
}

TEST(Faults, AJpegBombIsRefusedByItsHeader) {
  Bytes file = make_jpeg({});
  for (std::size_t i = 2; i + 9 < file.size(); ++i) {
    if (file[i] == 0xFF && file[i + 1] == 0xC0) {
      file[i + 5] = file[i + 7] = 0xFF;  // 65,328 x 65,344
      break;
    }
  }
  expect_error(ErrorCode::limit, "pixels", [&] { decode(file); });
  expect_error(ErrorCode::limit, "pixels", [&] { (void)read_header(file, "photo"); });
}

TEST(Faults, APngBombIsRefusedByItsHeader) {
  // libpng would not write it: the header's own checksum is made by its chunk writer.
  const PngSpec spec{.size = {200'000, 1}, .bits = 1, .colour_type = 0};
  const Bytes file = make_png(spec, png_noise(spec));
  expect_error(ErrorCode::limit, "200000 x 1", [&] { (void)decode_photo(file, "photo", {.max_pixels = 199'999}); });
  EXPECT_NO_THROW((void)decode_photo(file, "photo", {.max_pixels = 200'000}));
}

TEST(Faults, TooManyProgressiveScansAreRefused) {
  const Bytes whole = make_jpeg({.components = 1, .progressive = true});
  // The first scan, with its table: said a hundred times over it costs a walk over the picture each.
  std::vector<std::size_t> tables;
  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    if (whole[i] == 0xFF && whole[i + 1] == 0xC4) tables.push_back(i);
  }
  ASSERT_GT(tables.size(), 1U);
  const ByteView scan = ByteView(whole).subspan(tables[0], tables[1] - tables[0]);
  Bytes bomb(whole.begin(), whole.end() - 2);
  for (int i = 0; i < 200; ++i) append(bomb, scan);
  append(bomb, std::string_view("\xFF\xD9"));
  expect_error(ErrorCode::input, "scans", [&] { decode(bomb); });
}

TEST(Faults, DamageOfAnyFormatIsAnErrorOrAPhotoNeverACrash) {
  JpegSpec spec{.size = {48, 32}};
  spec.segments = {{0xE1, exif_segment({.thumbnail = make_jpeg({.size = {16, 12}})})}};
  for (const auto& part : icc_segments(display_p3_profile())) spec.segments.push_back({0xE2, part});
  const Photo photo = decode(make_jpeg(spec));
  std::mt19937 random(3);
  for (const FormatFacts& facts : formats()) {
    if (!facts.reads || !facts.writes) continue;
    const Bytes whole = encode(photo, {.format = facts.format, .stamp = Stamp{"1", "m", "s", "h"}});
    int read = 0;
    for (int i = 0; i < 400; ++i) {
      Bytes damaged = whole;
      // Structures lie at the start, and in a TIFF at the end.
      const std::size_t reach = i % 4 == 0 ? whole.size() : std::min<std::size_t>(whole.size(), 600);
      const std::size_t place = random() % reach;
      damaged[i % 5 == 0 ? whole.size() - 1 - place : place] = static_cast<std::uint8_t>(random());
      if (i % 7 == 0) damaged.resize(random() % whole.size());
      try {
        const Photo again = decode_photo(damaged, "photo", {.max_pixels = 1 << 22});
        (void)encode(again, {.metadata = MetadataPolicy::no_gps});
        ++read;
      } catch (const Error&) {
        continue;
      }
    }
    EXPECT_GT(read, 20) << facts.name << ": much damage is harmless, and must not cost the photo";
  }
}

TEST(Faults, OtherFilesAreNamed) {
  using namespace std::string_view_literals;
  const auto bytes = [](std::string_view text) { return Bytes(text.begin(), text.end()); };
  const auto refused = [&](std::string_view start, const std::string& name) {
    Bytes file = bytes(start);
    file.resize(64);
    expect_error(ErrorCode::unsupported, name, [&] { decode(file); });
    EXPECT_FALSE(detect_format(file).has_value());
  };
  refused("GIF89a"sv, "GIF");
  refused("BM"sv, "BMP");
  for (const auto start : {"II*\0\x10\0\0\0CR\x02"sv, "....ftypcrx "sv, "FUJIFILMCCD-RAW"sv}) {
    Bytes file = bytes(start);
    file.resize(64);
    EXPECT_EQ(detect_format(file), Format::raw);
    EXPECT_THROW(decode(file), Error);
  }
  expect_error(ErrorCode::input, "is no photo that hdrtile knows (it starts like \"this is a sh\")",
               [&] { decode(bytes("this is a shopping list")); });
  expect_error(ErrorCode::input, "empty", [&] { decode({}); });
  expect_error(ErrorCode::input, "holiday.jpg", [&] { (void)decode_photo(bytes("x"), "holiday.jpg"); });
}

}  // namespace
}  // namespace hdrtile::test
