#include <png.h>

#include <algorithm>

#include "files.h"
#include "png_chunks.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

struct Case {
  const char* name;
  int bits;
  int colour_type;
  bool interlaced = false;
};

class PngRoundTrip : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Kinds, PngRoundTrip,
                         testing::Values(Case{"Rgb8", 8, PNG_COLOR_TYPE_RGB}, Case{"Rgb16", 16, PNG_COLOR_TYPE_RGB},
                                         Case{"Rgb16Interlaced", 16, PNG_COLOR_TYPE_RGB, true},
                                         Case{"Grey8", 8, PNG_COLOR_TYPE_GRAY}, Case{"Grey16", 16, PNG_COLOR_TYPE_GRAY},
                                         Case{"Rgba8", 8, PNG_COLOR_TYPE_RGBA}, Case{"Rgba16", 16, PNG_COLOR_TYPE_RGBA},
                                         Case{"Rgba8Interlaced", 8, PNG_COLOR_TYPE_RGBA, true},
                                         Case{"GreyAlpha8", 8, PNG_COLOR_TYPE_GRAY_ALPHA},
                                         Case{"GreyAlpha16", 16, PNG_COLOR_TYPE_GRAY_ALPHA}),
                         [](const auto& kind) { return kind.param.name; });

/// Samples as stored, decoded by libpng alone.
Bytes stored(ByteView file, int bits, int colour_type, Size size) {
  PngSpec spec{.size = size, .bits = bits, .colour_type = colour_type};
  Bytes rows(png_noise(spec).size());
  struct Source {
    ByteView rest;
  } source{file};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_read_fn(png, &source, [](png_structp p, png_bytep out, std::size_t count) {
    auto& rest = static_cast<Source*>(png_get_io_ptr(p))->rest;
    std::copy_n(rest.begin(), count, out);
    rest = rest.subspan(count);
  });
  png_read_info(png, info);
  EXPECT_EQ(png_get_bit_depth(png, info), bits);
  EXPECT_EQ(png_get_color_type(png, info), colour_type);
  std::vector<png_bytep> pointers;
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  for (int y = 0; y < size.height; ++y) pointers.push_back(rows.data() + rows.size() / size.height * y);
  png_read_image(png, pointers.data());
  png_destroy_read_struct(&png, &info, nullptr);
  return rows;
}

TEST_P(PngRoundTrip, GivesBackEverySampleInTheSameKind) {
  const auto [name, bits, colour_type, interlaced] = GetParam();
  for (const Size size : {Size{37, 19}, Size{1, 1}, Size{1, 9}, Size{300, 2}}) {
    const PngSpec spec{.size = size, .bits = bits, .colour_type = colour_type, .interlaced = interlaced};
    const Bytes rows = png_noise(spec);
    const Photo photo = decode(make_png(spec, rows));
    EXPECT_EQ(photo.pixels.depth(), bits == 16 ? Depth::u16 : Depth::u8);
    EXPECT_EQ(photo.pixels.channels(), 3);
    EXPECT_EQ(photo.grey, (colour_type & PNG_COLOR_MASK_COLOR) == 0);
    EXPECT_EQ(photo.alpha.empty(), (colour_type & PNG_COLOR_MASK_ALPHA) == 0);
    EXPECT_EQ(stored(encode(photo), bits, colour_type, size), rows) << size.width;
  }
}

TEST_P(PngRoundTrip, GivesBackEverySampleUnderAnSrgbProfile) {
  const auto [name, bits, colour_type, interlaced] = GetParam();
  const PngSpec spec{.bits = bits, .colour_type = colour_type, .interlaced = interlaced};
  const Bytes rows = png_noise(spec);
  const Photo plain = decode(make_png(spec, rows));
  Metadata metadata;
  metadata.icc = srgb_profile();
  PngSpec tagged = spec;
  for (const auto& chunk : make_png_chunks(metadata)) tagged.chunks.emplace_back(chunk.kind, chunk.data);
  const Photo photo = decode(make_png(tagged, rows));
  EXPECT_FALSE(photo.profile.empty());
  EXPECT_EQ(photo.pixels.depth(), plain.pixels.depth());
  EXPECT_EQ(stored(encode(photo), bits, colour_type, spec.size), rows);
  EXPECT_EQ(decode(encode(photo)).profile.empty(), photo.grey) << "a PNG has none for RGB beside grey samples";
}

TEST(Png, Every16BitValueSurvives) {
  PngSpec spec{.size = {256, 256}, .bits = 16, .colour_type = PNG_COLOR_TYPE_GRAY};
  Bytes rows;
  for (std::uint32_t value = 0; value < 65536; ++value) append_u16be(rows, value);
  EXPECT_EQ(stored(encode(decode(make_png(spec, rows))), 16, PNG_COLOR_TYPE_GRAY, spec.size), rows);
}

TEST(Png, PalettesBecomeTheirColours) {
  const PngSpec spec{.size = {4, 1},
                     .bits = 2,
                     .colour_type = PNG_COLOR_TYPE_PALETTE,
                     .palette = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7},
                     .palette_alpha = {255, 128, 0}};
  const Photo photo = decode(make_png(spec, {0b00011011}));
  EXPECT_FALSE(photo.grey);
  const auto* rgb = photo.pixels.row<std::uint8_t>(0);
  EXPECT_EQ(Bytes(rgb, rgb + 12), (Bytes{255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7}));
  const auto* alpha = photo.alpha.row<std::uint8_t>(0);
  EXPECT_EQ(Bytes(alpha, alpha + 4), (Bytes{255, 128, 0, 255}));
  EXPECT_EQ(samples(decode(encode(photo)).pixels), samples(photo.pixels));
}

TEST(Png, FewBitsOfGreySpreadOver8) {
  const PngSpec spec{.size = {4, 1}, .bits = 2, .colour_type = PNG_COLOR_TYPE_GRAY};
  const Photo photo = decode(make_png(spec, {0b00011011}));
  EXPECT_TRUE(photo.grey);
  EXPECT_EQ(photo.file_depth, Depth::u8);
  const auto* rgb = photo.pixels.row<std::uint8_t>(0);
  EXPECT_EQ(Bytes(rgb, rgb + 12), (Bytes{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}));
}

TEST(Png, ATransparentGreyBecomesAlpha) {
  const PngSpec spec{.size = {2, 1}, .bits = 8, .colour_type = PNG_COLOR_TYPE_GRAY, .transparent_grey = 7};
  const Photo photo = decode(make_png(spec, {7, 8}));
  ASSERT_FALSE(photo.alpha.empty());
  EXPECT_EQ(samples(photo.alpha), (std::vector<float>{0, 1}));
}

TEST(Png, AlphaGrowsWithThePixels) {
  const PngSpec spec{.size = {8, 6}, .bits = 16, .colour_type = PNG_COLOR_TYPE_RGBA};
  Photo photo = decode(make_png(spec, png_noise(spec)));
  photo.alpha = make_image({8, 6}, Depth::u16, 1, [](int x, int, int) { return x < 4 ? 0.25 : 0.75; });
  photo.pixels = noise({16, 12}, Depth::u16);
  const Photo grown = decode(encode(photo));
  ASSERT_EQ(grown.alpha.size(), (Size{16, 12}));
  EXPECT_EQ(grown.alpha.depth(), Depth::u16);
  EXPECT_NEAR(samples(grown.alpha)[0], 0.25, 1e-4);
  EXPECT_NEAR(samples(grown.alpha)[15], 0.75, 1e-4);
}

TEST(Png, IntoJpegDepthAndAlphaAreReducedWithWarnings) {
  const PngSpec spec{.size = {16, 16}, .bits = 16, .colour_type = PNG_COLOR_TYPE_RGBA};
  Photo photo = decode(make_png(spec, png_noise(spec)));
  photo.pixels = gradient({16, 16}, Depth::u16);
  Warnings warnings;
  const Photo jpeg = decode(encode(photo, {.format = Format::jpeg, .quality = 100}, &warnings));
  EXPECT_TRUE(contains(warnings, "16 bit"));
  EXPECT_TRUE(contains(warnings, "transparency"));
  EXPECT_TRUE(jpeg.alpha.empty());
  const auto before = samples(photo.pixels);
  const auto after = samples(jpeg.pixels);
  for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(after[i], before[i], 4.0 / 255);
}

Bytes numbered_png(std::uint8_t primaries, std::uint8_t transfer, const Bytes& icc = {}, PngSpec spec = {}) {
  Metadata metadata;
  metadata.icc = icc;
  spec.chunks.emplace_back("cICP", Bytes{primaries, transfer, 0, 1});
  for (const auto& chunk : make_png_chunks(metadata)) spec.chunks.emplace_back(chunk.kind, chunk.data);
  return make_png(spec, png_noise(spec));
}

TEST(Png, ColoursByNumberAreUnderstood) {
  EXPECT_TRUE(decode(numbered_png(1, 13)).profile.empty());
  const Photo p3 = decode(numbered_png(12, 13));
  EXPECT_EQ(p3.profile, "Display P3");
  EXPECT_EQ(decode(encode(p3)).profile, "Display P3");
  EXPECT_EQ(decode(numbered_png(12, 13, adobe_rgb_profile())).profile, "Display P3") << "the number comes first";
}

TEST(Png, ColoursByNumberComeBeforeAllElseThatTellsThem) {
  const PngSpec spec{.chunks = {{"gAMA", {0, 0, 0x87, 0xD0}}}};  // of a gamma near Adobe RGB's
  for (const std::uint8_t transfer : Bytes{13, 1}) {             // sRGB, BT.709
    const Photo photo = decode(numbered_png(1, transfer, adobe_rgb_profile(), spec));
    EXPECT_EQ(photo.profile, "sRGB");
    EXPECT_EQ(photo.pixels.depth(), Depth::u8) << "nothing to convert";
    EXPECT_EQ(samples(photo.pixels), samples(decode(make_png(spec, png_noise(spec))).pixels));
    const Bytes result = encode(photo);
    EXPECT_EQ(decode(result).profile, "sRGB");
    EXPECT_TRUE(png_chunks(result, "gAMA").empty());
  }
  const Bytes wide = encode(decode(numbered_png(12, 13, {}, spec)));
  EXPECT_EQ(decode(wide).profile, "Display P3");
  EXPECT_TRUE(png_chunks(wide, "gAMA").empty());
}

TEST(Png, ColoursByNumberOfAGreyPhotoComeBeforeItsProfile) {
  const PngSpec spec{.colour_type = PNG_COLOR_TYPE_GRAY};
  for (const std::uint8_t primaries : Bytes{1, 12}) {
    const Photo photo = decode(numbered_png(primaries, 13, grey_profile(1.8), spec));
    EXPECT_TRUE(photo.profile.empty());
    EXPECT_EQ(samples(photo.pixels), samples(decode(make_png(spec, png_noise(spec))).pixels));
    EXPECT_TRUE(png_chunks(encode(photo), "iCCP").empty());
  }
}

TEST(Png, WhereANumberIsNotKnownTheProfileCounts) {
  constexpr std::uint8_t linear = 8;
  const std::string adobe = decode(numbered_png(2, 2, adobe_rgb_profile())).profile;
  EXPECT_EQ(decode(numbered_png(22, 13, adobe_rgb_profile())).profile, adobe);
  EXPECT_EQ(decode(numbered_png(1, linear, adobe_rgb_profile())).profile, adobe);
  EXPECT_EQ(decode(numbered_png(12, linear, adobe_rgb_profile())).profile, adobe);
  EXPECT_EQ(decode(numbered_png(12, linear)).profile, "Display P3") << "as near as it gets";
}

TEST(Png, HdrIsRefused) {
  for (const std::uint8_t transfer : Bytes{16, 18}) {
    const Bytes file = numbered_png(9, transfer, rec2020_profile());
    expect_error(ErrorCode::unsupported, "HDR", [&] { (void)decode(file); });
    expect_error(ErrorCode::unsupported, "HDR", [&] { (void)read_header(file, "photo"); });
  }
}

TEST(Png, WhatHoldsForTheInputsSamplesAloneIsNotSaidOfTheResults) {
  PngSpec spec;
  spec.chunks.emplace_back("sBIT", Bytes{5, 6, 5});
  spec.chunks.emplace_back("tIME", Bytes{7, 227, 1, 2, 3, 4, 5});
  const Photo photo = decode(make_png(spec, png_noise(spec)));
  EXPECT_TRUE(photo.warnings.empty()) << "nothing is lost that was true of the result";
  const Bytes file = encode(photo);
  EXPECT_TRUE(png_chunks(file, "sBIT").empty());
  EXPECT_TRUE(png_chunks(file, "tIME").empty());
}

TEST(Png, TheHeaderSaysWhatTheFileIs) {
  const PngSpec spec{.size = {7, 5}, .bits = 16, .colour_type = PNG_COLOR_TYPE_GRAY_ALPHA};
  const PhotoHeader header = read_header(make_png(spec, png_noise(spec)), "photo");
  EXPECT_EQ(header.format, Format::png);
  EXPECT_EQ(header.size, (Size{7, 5}));
  EXPECT_EQ(header.depth, Depth::u16);
  EXPECT_TRUE(header.grey);
  EXPECT_TRUE(header.alpha);
  EXPECT_FALSE(header.stamp.has_value());
}

}  // namespace
}  // namespace hdrtile::test
