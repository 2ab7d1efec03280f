#include "hdrtile/enhance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "hdrtile/error.h"
#include "image_difference.h"
#include "random_cases.h"
#include "small_engines.h"

namespace hdrtile {
namespace {

using test::BoxBlur;
using test::Dice;
using test::Doubler;
using test::error_code;
using test::Gain;
using test::largest_difference;
using test::random_image;
using test::ToneFromPreview;

const CancelFlag go = false;

Enhanced enhance(const Image& photo, Engine& engine, const TileRequest& request, float strength = 1.0F) {
  return enhance_image(photo, engine, {.request = request, .strength = strength}, go);
}

bool same_bytes(const Image& a, const Image& b) {
  return a.size() == b.size() && a.depth() == b.depth() && std::memcmp(a.row_data(0), b.row_data(0), a.bytes()) == 0;
}

TileRequest random_request(Dice& dice, int halo, int multiple) {
  const int overlap = dice.between(0, 60);
  const int used = (std::max(overlap, 2 * halo + TileSpec::min_ramp) + multiple - 1) / multiple * multiple;
  const int smallest = (2 * used - 2 * halo + multiple - 1) / multiple * multiple;
  return {.tile = dice.between(0, 9) == 0 ? TileSpec::whole_image : smallest + dice.between(0, 120),
          .overlap = overlap,
          .batch = dice.between(1, 7)};
}

TEST(EnhanceImage, IdentityGivesEveryPixelBackForAnyTileOverlapAndBatch) {
  Dice dice(6);
  for (int i = 0; i < 150; ++i) {
    Gain identity;
    identity.info_.halo = dice.between(0, 12);
    identity.info_.multiple = 1 << dice.between(0, 5);
    const Size size = i < 5 ? Size{1, i + 1} : Size{dice.log_between(1, 400), dice.log_between(1, 300)};
    const Depth depth = i % 2 == 0 ? Depth::u8 : Depth::u16;
    const Image photo = random_image(dice, size, depth);
    const Enhanced made = enhance(photo, identity, random_request(dice, identity.info_.halo, identity.info_.multiple));
    ASSERT_TRUE(same_bytes(photo, made.image)) << size.width << "x" << size.height << ", case " << i;
    EXPECT_TRUE(made.downgrades.empty());
  }
}

TEST(EnhanceImage, AVeryWidePhotoWorks) {
  Dice dice(7);
  Gain identity;
  const Image photo = random_image(dice, {20000, 20}, Depth::u8);
  EXPECT_TRUE(same_bytes(photo, enhance(photo, identity, {}).image));
}

TEST(EnhanceImage, TiledEqualsWholeWhereTheHaloCoversWhatTheNetworkSees) {
  Dice dice(8);
  int tiled = 0;
  for (int i = 0; i < 25; ++i) {
    BoxBlur blur(dice.between(1, 4));
    const Image photo = random_image(dice, {dice.between(1, 230), dice.between(1, 170)}, Depth::f32);
    const Enhanced whole = enhance(photo, blur, {.tile = TileSpec::whole_image});
    const Enhanced tiles = enhance(photo, blur, random_request(dice, blur.info_.halo, blur.info_.multiple));
    tiled += tiles.plan.tiles.count() > 1;
    ASSERT_LE(largest_difference(whole.image, tiles.image), 1e-6) << "case " << i;
  }
  EXPECT_GT(tiled, 10);
}

TEST(EnhanceImage, AHaloThatIsTooSmallIsSeen) {  // or the test above could not fail
  Dice dice(9);
  BoxBlur blur(4);
  blur.info_.halo = 1;
  const Image photo = random_image(dice, {200, 150}, Depth::f32);
  EXPECT_GT(largest_difference(enhance(photo, blur, {.tile = TileSpec::whole_image}).image,
                               enhance(photo, blur, {.tile = 64, .overlap = 10}).image),
            1e-3);
}

TEST(EnhanceImage, BatchesChangeNoPixel) {
  Dice dice(10);
  BoxBlur blur(2);
  const Image photo = random_image(dice, {200, 150}, Depth::f32);
  const Enhanced one = enhance(photo, blur, {.tile = 64, .batch = 1});
  for (const int batch : {2, 5, 1000}) {
    EXPECT_TRUE(same_bytes(one.image, enhance(photo, blur, {.tile = 64, .batch = batch}).image)) << batch;
  }
}

TEST(EnhanceImage, ThePhotosBordersAreMirroredForTheModel) {
  Gain spy;
  spy.info_.multiple = 8;
  Image photo({3, 1}, Depth::u8);
  for (int x = 0; x < 3; ++x) photo.row<std::uint8_t>(0)[3 * x] = static_cast<std::uint8_t>(51 * x);
  (void)enhance(photo, spy, {});
  ASSERT_EQ(spy.seen_.size(), 3U * 8 * 8);
  const std::vector<float> expected{0.0F, 0.2F, 0.4F, 0.2F, 0.0F, 0.2F, 0.4F, 0.2F};
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) EXPECT_FLOAT_EQ(spy.seen_[3 * (8 * y + x)], expected[x]);
  }
}

TEST(EnhanceImage, ColoursOutsideSrgbAreHiddenFromTheModelAndComeBack) {
  Dice dice(11);
  Gain half(0.5F);
  const Image photo = random_image(dice, {150, 90}, Depth::f32, -0.4F, 1.6F);
  const Enhanced made = enhance(photo, half, {.tile = 64, .overlap = 16});
  for (const float value : half.seen_) ASSERT_TRUE(value >= 0.0F && value <= 1.0F);
  for (int y = 0; y < 90; ++y) {
    for (int i = 0; i < 450; ++i) {
      const float in = photo.row<float>(y)[i];
      const float inside = std::clamp(in, 0.0F, 1.0F);
      ASSERT_NEAR(made.image.row<float>(y)[i], 0.5F * inside + (in - inside), 1e-6);
    }
  }
}

TEST(EnhanceImage, StrengthLiesBetweenThePhotoAndTheResult) {
  Dice dice(12);
  Gain half(0.5F);
  const Image photo = random_image(dice, {60, 40}, Depth::f32, -0.4F, 1.6F);
  EXPECT_TRUE(same_bytes(photo, enhance(photo, half, {}, 0.0F).image));
  const Enhanced full = enhance(photo, half, {});
  const Enhanced some = enhance(photo, half, {}, 0.3F);
  for (int y = 0; y < 40; ++y) {
    for (int i = 0; i < 180; ++i) {
      const float in = photo.row<float>(y)[i];
      ASSERT_NEAR(some.image.row<float>(y)[i], in + 0.3F * (full.image.row<float>(y)[i] - in), 1e-6);
    }
  }
  const Image eight = random_image(dice, {60, 40}, Depth::u8);
  EXPECT_TRUE(same_bytes(eight, enhance(eight, half, {}, 0.0F).image));
}

TEST(EnhanceImage, UpscalingModelsGiveALargerPhoto) {
  Dice dice(13);
  Doubler doubler;
  const Image photo = random_image(dice, {130, 75}, Depth::u8);
  const Image out = enhance(photo, doubler, {.tile = 64}).image;
  ASSERT_EQ(out.size(), (Size{260, 150}));
  for (int y = 0; y < 150; ++y) {
    for (int i = 0; i < 780; ++i) {
      ASSERT_EQ(out.row<std::uint8_t>(y)[i], photo.row<std::uint8_t>(y / 2)[i / 6 * 3 + i % 3]) << i << ", " << y;
    }
  }
  EXPECT_EQ(error_code([&] { (void)enhance(photo, doubler, {}, 0.5F); }), static_cast<int>(ErrorCode::usage));
}

TEST(EnhanceImage, ContextIsTakenOnceFromTheWholePhotoAndRectsSayWhereATileLies) {
  Dice dice(14);
  for (const Size size : {Size{1, 1}, {210, 150}, {5, 300}}) {
    ToneFromPreview engine;
    const Image photo = random_image(dice, size, Depth::u16);
    const Image whole = enhance(photo, engine, {.tile = TileSpec::whole_image}).image;
    EXPECT_EQ(engine.prepared_, 1);
    EXPECT_EQ(std::max(engine.preview_size_.width, engine.preview_size_.height), 24);
    const Image tiles = enhance(photo, engine, {.tile = 64, .overlap = 16}).image;
    EXPECT_LE(largest_difference(whole, tiles), 1.01 / 65535) << size.width;
    EXPECT_FALSE(same_bytes(whole, photo));
  }
}

TEST(EnhanceImage, APreviewMadeBeforehandIsTaken) {
  Dice dice(16);
  ToneFromPreview engine;
  const Image photo = random_image(dice, {210, 150}, Depth::u16);
  const Image usual = enhance(photo, engine, {}).image;
  const Preview same = make_preview(photo, engine.info_.context_px);
  EXPECT_TRUE(same_bytes(usual, enhance_image(photo, engine, {}, go, {}, &same).image));
  const Preview black = {.size = same.size, .pixels = std::vector<float>(same.pixels.size())};
  EXPECT_FALSE(same_bytes(usual, enhance_image(photo, engine, {}, go, {}, &black).image));
}

TEST(EnhanceImage, OutOfMemoryHalvesTheBatchAndGoesOnWithTheSameTiles) {
  Dice dice(15);
  Gain identity;
  identity.most_tiles_ = 3;
  const Image photo = random_image(dice, {300, 300}, Depth::u8);
  const Enhanced made = enhance(photo, identity, {.tile = 64, .overlap = 16, .batch = 12});
  EXPECT_TRUE(same_bytes(photo, made.image));
  ASSERT_EQ(made.downgrades.size(), 2U) << "12 to 6 to 3, once";
  EXPECT_NE(made.downgrades[1].find("from 6 to 3"), std::string::npos) << made.downgrades[1];
}

TEST(EnhanceImage, ATileThatDoesNotFitIsHalvedUntilItDoesOrThereIsNoneSmaller) {
  Dice dice(15);
  Gain identity;
  identity.info_.multiple = 8;
  identity.most_pixels_ = 100 * 100;
  const Image photo = random_image(dice, {300, 300}, Depth::u8);
  const Enhanced made = enhance(photo, identity, {.tile = TileSpec::whole_image});
  EXPECT_TRUE(same_bytes(photo, made.image));
  EXPECT_LE(made.plan.tiles.x.side, 100);
  EXPECT_GT(made.plan.tiles.x.side, 50) << "no smaller than it takes";
  ASSERT_EQ(made.downgrades.size(), 2U) << "304 to 152 to 80";
  EXPECT_NE(made.downgrades[0].find("tile reduced from 304 x 304"), std::string::npos) << made.downgrades[0];

  identity.most_pixels_ = 0;
  EXPECT_EQ(error_code([&] { (void)enhance(photo, identity, {.tile = 64}); }),
            static_cast<int>(ErrorCode::out_of_memory));
}

TEST(EnhanceImage, TheBatchIsHalvedBeforeTheTile) {
  Dice dice(16);
  Gain identity;
  identity.most_pixels_ = 3000;
  const Image photo = random_image(dice, {200, 200}, Depth::u16);
  const Enhanced made = enhance(photo, identity, {.tile = 64, .overlap = 16, .batch = 4});
  EXPECT_TRUE(same_bytes(photo, made.image));
  ASSERT_EQ(made.downgrades.size(), 3U);
  EXPECT_NE(made.downgrades[0].find("from 4 to 2"), std::string::npos) << made.downgrades[0];
  EXPECT_NE(made.downgrades[1].find("from 2 to 1"), std::string::npos) << made.downgrades[1];
  EXPECT_NE(made.downgrades[2].find("tile reduced"), std::string::npos) << made.downgrades[2];
}

TEST(EnhanceImage, AModelOfFixedSizesIsGivenItsNextSmallerOne) {
  Dice dice(17);
  Gain identity;
  identity.info_.shapes.fixed = {64, 128};
  identity.info_.tile_default = 128;
  identity.most_pixels_ = 64 * 64;
  const Image photo = random_image(dice, {300, 200}, Depth::u8);
  const Enhanced made = enhance(photo, identity, {});
  EXPECT_TRUE(same_bytes(photo, made.image));
  EXPECT_EQ(made.plan.tiles.x.side, 64);
  identity.most_pixels_ = 100;
  EXPECT_EQ(error_code([&] { (void)enhance(photo, identity, {}); }), static_cast<int>(ErrorCode::out_of_memory));
}

/// Takes photos whole, but has no room for any.
class Cramped : public Gain {
 public:
  std::unique_ptr<PhotoPass> begin_photo(const PhotoTask&) override {
    throw Error(ErrorCode::out_of_memory, "refused");
  }
};

TEST(EnhanceImage, APhotoThatDoesNotFitTheDeviceWholeGoesTileByTile) {
  Dice dice(18);
  Cramped engine;
  const Image photo = random_image(dice, {100, 80}, Depth::u8);
  const Enhanced made = enhance(photo, engine, {.tile = 64});
  EXPECT_TRUE(same_bytes(photo, made.image));
  ASSERT_EQ(made.downgrades.size(), 1U);
  EXPECT_NE(made.downgrades[0].find("on the host"), std::string::npos) << made.downgrades[0];
}

TEST(EnhanceImage, OtherFaultsOfTheEngineAreNotTriedAgain) {
  Gain broken;
  broken.fault_ = Error(ErrorCode::model, "NaN");
  EXPECT_EQ(error_code([&] {
              (void)enhance(Image({300, 300}, Depth::u8), broken, {.tile = 64, .batch = 8});
            }),
            static_cast<int>(ErrorCode::model));
  EXPECT_EQ(broken.calls_, 1);
}

TEST(EnhanceImage, TilesDoneAgainInFp32AreReported) {
  Gain engine;
  engine.redone_per_call_ = 1;
  const Enhanced made = enhance(Image({100, 100}, Depth::u8), engine, {.tile = 64, .overlap = 16, .batch = 1});
  EXPECT_EQ(made.redone_fp32, made.plan.tiles.count());
  EXPECT_EQ(made.downgrades.size(), 1U);
}

TEST(EnhanceImage, ProgressRisesToOneAndCancelStopsBeforeTheNextBatch) {
  Gain identity;
  CancelFlag cancel = false;
  std::vector<double> shares;
  const Image photo({300, 300}, Depth::u8);
  const EnhanceSettings settings{.request = {.tile = 64, .overlap = 16, .batch = 5}};
  const auto collect = [&](double share) { shares.push_back(share); };
  (void)enhance_image(photo, identity, settings, cancel, collect);
  EXPECT_EQ(static_cast<int>(shares.size()), identity.calls_);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.back(), 1.0);
  identity.calls_ = 0;
  EXPECT_EQ(error_code([&] {
              (void)enhance_image(photo, identity, settings, cancel, [&](double) { cancel = identity.calls_ == 2; });
            }),
            static_cast<int>(ErrorCode::cancelled));
  EXPECT_EQ(identity.calls_, 2);
}

TEST(EnhanceImage, APhotoOf8BitGivesARoundableResultOf16WhenAskedTo) {
  Dice dice(11);
  Gain identity;
  for (const Depth depth : {Depth::u8, Depth::u16, Depth::f32}) {
    const Image photo = random_image(dice, {30, 20}, depth);
    const Enhanced made = enhance_image(photo, identity, {.request = {}, .at_least_u16 = true}, go);
    EXPECT_EQ(made.image.depth(), depth == Depth::u8 ? Depth::u16 : depth);
    EXPECT_LT(largest_difference(photo, made.image), 1e-6);
  }
}

TEST(EnhanceImage, WhatCannotBeEnhancedIsAUsageError) {
  Gain identity;
  constexpr int usage = static_cast<int>(ErrorCode::usage);
  EXPECT_EQ(error_code([&] { (void)enhance(Image({4, 4}, Depth::u8, 1), identity, {}); }), usage);
  EXPECT_EQ(error_code([&] { (void)enhance(Image(), identity, {}); }), usage);
  for (const float strength : {-0.1F, 1.1F, std::nanf("")}) {
    EXPECT_EQ(error_code([&] { (void)enhance(Image({4, 4}, Depth::u8), identity, {}, strength); }), usage);
  }
}

}  // namespace
}  // namespace hdrtile
