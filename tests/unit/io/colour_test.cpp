#include "colour.h"

#include <lcms2.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/small_engines.h"
#include "files.h"
#include "hdrtile/compare.h"
#include "hdrtile/enhance.h"
#include "png_chunks.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

Bytes tagged_png(const PngSpec& plain, const Bytes& rows, const Bytes& icc) {
  Metadata metadata;
  metadata.icc = icc;
  PngSpec spec = plain;
  for (const auto& chunk : make_png_chunks(metadata)) spec.chunks.emplace_back(chunk.kind, chunk.data);
  return make_png(spec, rows);
}

/// Stored samples of a PNG whose profile is taken away.
std::vector<float> native(const Bytes& file) {
  Bytes untagged(file.begin(), file.begin() + 8);
  for (std::size_t i = 8; i + 12 <= file.size();) {
    const std::size_t length = 12 + read_u32be(file.data() + i);
    if (as_text(ByteView(file).subspan(i + 4, 4)) != "iCCP") append(untagged, ByteView(file).subspan(i, length));
    i += length;
  }
  return samples(decode(untagged).pixels);
}

struct Gamut {
  const char* name;
  Bytes (*profile)();
};
void PrintTo(const Gamut& gamut, std::ostream* out) { *out << gamut.name; }  // its address would differ from run to run
class WideGamut : public testing::TestWithParam<Gamut> {};
INSTANTIATE_TEST_SUITE_P(Profiles, WideGamut,
                         testing::Values(Gamut{"DisplayP3", display_p3_profile}, Gamut{"AdobeRgb", adobe_rgb_profile}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(WideGamut, GoesToSrgbAndBackWithinOneStepOf8Bits) {
  for (const int bits : {8, 16}) {
    const PngSpec spec{.size = {64, 64}, .bits = bits};
    const Bytes file = tagged_png(spec, png_noise(spec), GetParam().profile());
    const Photo photo = decode(file);
    EXPECT_EQ(photo.pixels.depth(), Depth::f32);
    EXPECT_EQ(photo.file_depth, bits == 8 ? Depth::u8 : Depth::u16);
    const auto before = native(file);
    const auto after = native(encode(photo));
    ASSERT_EQ(before.size(), after.size());
    const double step = 1.01 / (bits == 8 ? 255 : 65535);
    int off = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      ASSERT_NEAR(before[i], after[i], bits == 8 ? step : 32 * step) << i;
      off += std::abs(before[i] - after[i]) > step ? 1 : 0;
    }
    // Of 16 bits, single precision loses some steps of a channel near black beside a bright one.
    EXPECT_LE(off, before.size() / 1000);
  }
}

/// Largest CIEDE2000 between a file and what hdrtile makes of it with a model that changes nothing, seen through the
/// profile.
double worst_delta_e(const Bytes& icc, int bits, int colour_type = PNG_COLOR_TYPE_RGB) {
  const PngSpec spec{.size = {96, 96}, .bits = bits, .colour_type = colour_type};
  const Photo before = decode(tagged_png(spec, png_noise(spec), icc));
  Gain identity;
  const CancelFlag go = false;
  Photo through = decode(tagged_png(spec, png_noise(spec), icc));
  through.pixels = enhance_image(through.pixels, identity, {.request = {.tile = 64}}, go).image;
  return compare_photos(before, decode(encode(through))).delta_e_max;
}

TEST(IdentityOfColours, HoldsToHalfADeltaEAtTheWorstPixel) {
  struct Case {
    const char* name;
    Bytes icc;
    int colour_type;
  };
  for (const Case& c : {Case{"Display P3", display_p3_profile(), PNG_COLOR_TYPE_RGB},
                        Case{"Adobe RGB", adobe_rgb_profile(), PNG_COLOR_TYPE_RGB},
                        Case{"ProPhoto RGB", pro_photo_profile(), PNG_COLOR_TYPE_RGB},
                        Case{"RGB by tables", table_rgb_profile(), PNG_COLOR_TYPE_RGB},
                        Case{"grey, gamma 1.8", grey_profile(1.8), PNG_COLOR_TYPE_GRAY},
                        Case{"grey, gamma 2.2", grey_profile(2.2), PNG_COLOR_TYPE_GRAY}}) {
    for (const int bits : {8, 16}) {
      const double worst = worst_delta_e(c.icc, bits, c.colour_type);
      std::printf("  %-16s %2d bit: worst CIEDE2000 %.3f\n", c.name, bits, worst);
      EXPECT_LT(worst, 0.5) << c.name << ", " << bits << " bit";
    }
  }
}

TEST_P(WideGamut, ItsGreenLiesOutsideSrgbAndComesBack) {
  const PngSpec spec{.size = {1, 1}};
  const Photo photo = decode(tagged_png(spec, {0, 255, 0}, GetParam().profile()));
  const auto srgb = samples(photo.pixels);
  EXPECT_TRUE(srgb[0] < -0.05 || srgb[2] < -0.05) << srgb[0] << ' ' << srgb[1] << ' ' << srgb[2];
  EXPECT_EQ(native(encode(photo)), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(decode(encode(photo)).profile, photo.profile);
}

TEST(Colour, DisplayP3GreenHasItsKnownSrgbValue) {
  const Photo photo = decode(tagged_png({.size = {1, 1}}, {0, 255, 0}, display_p3_profile()));
  const auto srgb = samples(photo.pixels);  // (-0.5116, 1.0183, -0.3107), as CSS Color 4 has it
  EXPECT_NEAR(srgb[0], -0.5116, 2e-3);
  EXPECT_NEAR(srgb[1], 1.0183, 2e-3);
  EXPECT_NEAR(srgb[2], -0.3107, 2e-3);
}

TEST(Colour, SrgbIsKnownByItsValues) {
  EXPECT_TRUE(ColourProfile::open(srgb_profile())->is_srgb());
  EXPECT_FALSE(ColourProfile::open(display_p3_profile())->is_srgb());
  EXPECT_FALSE(ColourProfile::open(adobe_rgb_profile())->is_srgb());
  EXPECT_FALSE(ColourProfile::open(grey_profile(2.2))->is_srgb());
}

TEST(Colour, GreyProfilesGoToSrgbAndBack) {
  for (const int bits : {8, 16}) {
    const PngSpec spec{.size = {40, 20}, .bits = bits, .colour_type = 0};
    const Bytes rows = png_noise(spec);
    const Bytes file = tagged_png(spec, rows, grey_profile(1.8));
    const Photo photo = decode(file);
    EXPECT_TRUE(photo.grey);
    EXPECT_EQ(photo.pixels.depth(), Depth::f32);
    const auto srgb = samples(photo.pixels);
    EXPECT_NEAR(srgb[0], srgb[1], 1e-3);
    const auto before = native(file);
    const auto after = native(encode(photo));
    for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(before[i], after[i], 1.01 / (bits == 8 ? 255 : 65535));
  }
}

TEST(Colour, AGreyPhotoMayCarryAnRgbProfile) {
  const PngSpec spec{.size = {40, 20}, .colour_type = 0};
  const Photo photo = decode(tagged_png(spec, png_noise(spec), adobe_rgb_profile()));
  EXPECT_TRUE(photo.warnings.empty());
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes || !facts.grey) continue;
    Warnings warnings;
    const Photo after = decode(encode(photo, {.format = facts.format, .quality = 100}, &warnings));
    EXPECT_TRUE(after.grey) << facts.name;
    EXPECT_TRUE(after.warnings.empty()) << facts.name;
    EXPECT_LT(compare_photos(photo, after).delta_e_max, facts.format == Format::jpeg ? 2 : 0.5) << facts.name;
    const bool may_be_of_other_channels = facts.format == Format::jpeg || facts.format == Format::tiff;
    EXPECT_EQ(after.profile == photo.profile, may_be_of_other_channels) << facts.name;
    EXPECT_EQ(contains(warnings, "profile"), !may_be_of_other_channels) << facts.name;
  }
}

TEST(Colour, OfAProfileThatIsDroppedNothingStays) {
  PngSpec spec{.size = {40, 20}, .colour_type = 0};
  Bytes gamma;
  append_u32be(gamma, 45'455);
  spec.chunks.emplace_back("gAMA", gamma);
  const Photo photo = decode(tagged_png(spec, png_noise(spec), adobe_rgb_profile()));
  EXPECT_TRUE(png_chunks(encode(photo), "gAMA").empty()) << "it would be of the colours that were";
}

TEST(Colour, ADamagedProfileIsAWarningAndMeansSrgb) {
  const PngSpec spec;
  const Bytes rows = png_noise(spec);
  Bytes icc = display_p3_profile();
  std::fill(icc.begin() + 36, icc.begin() + 60, 0xEE);
  const Photo photo = decode(tagged_png(spec, rows, icc));
  EXPECT_TRUE(contains(photo.warnings, "profile"));
  EXPECT_EQ(samples(photo.pixels), samples(decode(make_png(spec, rows)).pixels));
  EXPECT_TRUE(png_chunks(encode(photo), "iCCP").empty());
}

TEST(Colour, AProfileForOtherChannelsIsAWarningAndMeansSrgb) {
  const PngSpec spec;
  const Bytes rows = png_noise(spec);
  const Photo photo = decode(tagged_png(spec, rows, grey_profile(2.2)));
  EXPECT_TRUE(contains(photo.warnings, "other channels"));
  EXPECT_EQ(samples(photo.pixels), samples(decode(make_png(spec, rows)).pixels));
}

TEST(Colour, AProfileWithoutAWayBackGivesSrgbWithAWarning) {
  const PngSpec spec{.size = {8, 8}};
  const Photo photo = decode(tagged_png(spec, png_noise(spec), one_way_profile()));
  ASSERT_EQ(photo.pixels.depth(), Depth::f32);
  Warnings warnings;
  const Bytes file = encode(photo, {}, &warnings);
  EXPECT_TRUE(contains(warnings, "one direction"));
  EXPECT_TRUE(png_chunks(file, "iCCP").empty());
  const auto before = samples(photo.pixels);
  const auto after = samples(decode(file).pixels);
  for (std::size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(std::clamp(before[i], 0.0F, 1.0F), after[i], 0.51 / 255);
}

TEST(Colour, AGammaChunkWithoutProfileIsCarriedAndIgnored) {
  PngSpec spec;
  const Bytes rows = png_noise(spec);
  Bytes gamma;
  append_u32be(gamma, 100'000);
  spec.chunks.emplace_back("gAMA", gamma);
  const Photo photo = decode(make_png(spec, rows));
  EXPECT_EQ(samples(photo.pixels), samples(decode(make_png({}, rows)).pixels));
  EXPECT_EQ(png_chunks(encode(photo), "gAMA"), std::vector<Bytes>{gamma});
}

}  // namespace
}  // namespace hdrtile::test
