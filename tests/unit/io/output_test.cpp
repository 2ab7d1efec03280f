#include <cmath>
#include <numeric>

#include "files.h"
#include "hdrtile/compare.h"
#include "metadata.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

TEST(MaxSide, ShrinksToTheLongerSideAndNeverEnlarges) {
  EXPECT_EQ(fit_within({4000, 3000}, 2048), (Size{2048, 1536}));
  EXPECT_EQ(fit_within({3000, 4000}, 2048), (Size{1536, 2048}));
  EXPECT_EQ(fit_within({640, 480}, 2048), (Size{640, 480}));
  EXPECT_EQ(fit_within({640, 480}, 0), (Size{640, 480}));
  EXPECT_EQ(fit_within({20'000, 20}, 100), (Size{100, 1})) << "at least a pixel";
}

TEST(MaxSide, HoldsForPixelsAndAlpha) {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = gradient({300, 200}, Depth::u16);
  photo.file_depth = Depth::u16;
  photo.alpha = noise({300, 200}, Depth::u16, 1);
  const Photo small = decode(encode(photo, {.max_side = 60}));
  EXPECT_EQ(small.pixels.size(), (Size{60, 40}));
  EXPECT_EQ(small.alpha.size(), (Size{60, 40}));
  EXPECT_NEAR(samples(small.pixels)[0], 0.5 / 60, 2e-3);
}

TEST(MaxSide, WhatLiesUnderTransparentPixelsDoesNotShowAtTheirEdges) {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = make_image({300, 200}, Depth::u8, 3, [](int x, int, int) { return x < 151 ? 0.9 : 0; });
  photo.alpha = make_image({300, 200}, Depth::u8, 1, [](int x, int, int) { return x < 151 ? 1 : 0; });
  const Photo small = decode(encode(photo, {.max_side = 60}));
  const auto colours = samples(small.pixels);
  const auto alpha = samples(small.alpha);
  ASSERT_GT(alpha[30], 0.1);
  ASSERT_LT(alpha[30], 0.9);
  EXPECT_NEAR(colours[std::size_t{3} * 30], 0.9, 0.01);
}

TEST(MaxSide, LeavesNoMoire) {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = make_image({400, 400}, Depth::u8, 3, [](int x, int y, int) { return (x + y) % 2; });
  for (const float value : samples(decode(encode(photo, {.max_side = 150})).pixels)) EXPECT_NEAR(value, 0.5, 0.15);
}

TEST(ToSrgb, ConvertsAndEmbedsTheProfile) {
  JpegSpec spec;
  for (const auto& part : icc_segments(display_p3_profile())) spec.segments.push_back({0xE2, part});
  const Photo wide = decode(make_jpeg(spec));
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    const Photo narrow = decode(encode(wide, {.format = facts.format, .quality = 98, .to_srgb = true}));
    EXPECT_NE(narrow.profile, wide.profile) << facts.name;
    EXPECT_FALSE(narrow.profile.empty()) << facts.name;
    EXPECT_EQ(narrow.pixels.depth(), Depth::u8) << facts.name << ": sRGB is not converted";
    EXPECT_LT(compare_photos(wide, narrow).delta_e_mean, 2) << facts.name << ", which may store colour coarsely";
  }
}

TEST(ToSrgb, PhotosWithoutAProfileAreTaggedAlone) {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = noise({40, 30}, Depth::u8);
  const Photo tagged = decode(encode(photo, {.to_srgb = true}));
  EXPECT_EQ(samples(tagged.pixels), samples(photo.pixels));
  EXPECT_FALSE(tagged.profile.empty());
}

TEST(JpegChroma, IsKeptOrChosen) {
  const Photo photo = decode(make_jpeg({}));  // libjpeg's own choice is 4:2:0
  ASSERT_EQ(photo.metadata->chroma, Chroma::quarter);
  EXPECT_EQ(decode(encode(photo, {.quality = 98})).metadata->chroma, Chroma::quarter);
  for (const Chroma chroma : {Chroma::full, Chroma::half, Chroma::quarter}) {
    const Photo chosen = decode(encode(photo, {.chroma = chroma}));
    EXPECT_EQ(chosen.metadata->chroma, chroma);
    EXPECT_EQ(decode(encode(chosen, {.quality = 50})).metadata->chroma, chroma) << "kept at any quality";
  }
}

TEST(JpegChroma, OfOtherPhotosIsFullAtHighQuality) {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = gradient({32, 32});
  EXPECT_EQ(decode(encode(photo, {.format = Format::jpeg, .quality = 92})).metadata->chroma, Chroma::full);
  EXPECT_EQ(decode(encode(photo, {.format = Format::jpeg, .quality = 80})).metadata->chroma, Chroma::quarter);
}

/// A ramp over two steps of 8 bit in 16 bit.
Photo ramp() {
  Photo photo;
  photo.format = Format::png;
  photo.pixels = make_image({512, 128}, Depth::u16, 3, [](int x, int, int) { return (100 + x / 256.0) / 255; });
  return photo;  // file_depth stays u8
}

TEST(Dither, KeepsTheMeanOfWhatRoundingWouldBand) {
  const Photo photo = ramp();
  const auto banded = samples(decode(encode(photo)).pixels);
  const auto dithered = samples(decode(encode(photo, {.dither = true})).pixels);
  const auto column_error = [](const std::vector<float>& all, int x) {
    double sum = 0;
    for (int y = 0; y < 128; ++y) {
      for (int dx = 0; dx < 8; ++dx) sum += all[3 * (static_cast<std::size_t>(y) * 512 + x + dx)];
    }
    return std::abs(sum / (128 * 8) * 255 - (100 + (x + 3.5) / 256));
  };
  EXPECT_GT(column_error(banded, 64), 0.2);
  for (int x = 0; x < 504; x += 8) EXPECT_LT(column_error(dithered, x), 0.1) << x;
}

TEST(Dither, WorksForPhotosWithAProfileToo) {
  for (const Bytes& icc : {display_p3_profile(), adobe_rgb_profile()}) {
    Photo photo = ramp();
    photo.pixels = make_image({512, 128}, Depth::f32, 3, [](int x, int, int) { return (100 + x / 256.0) / 255; });
    Metadata metadata;
    metadata.icc = icc;
    photo.metadata = std::make_shared<Metadata>(metadata);
    const Bytes banded = encode(photo);
    const Bytes dithered = encode(photo, {.dither = true});
    EXPECT_NE(samples(decode(banded).pixels), samples(decode(dithered).pixels));
    EXPECT_EQ(dithered, encode(photo, {.dither = true}));
  }
}

TEST(Dither, IsTheSameEveryTimeAndOffByDefault) {
  const Photo photo = ramp();
  EXPECT_EQ(encode(photo, {.dither = true}), encode(photo, {.dither = true}));
  for (const float value : samples(decode(encode(photo)).pixels)) {
    EXPECT_NEAR(value * 255, std::round(value * 255), 1e-4);
  }
  const auto plain = samples(decode(encode(photo)).pixels);
  EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + 3 * 512, plain.end() - 3 * 512)) << "rows are alike";
}

}  // namespace
}  // namespace hdrtile::test
