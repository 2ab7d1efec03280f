#include "hdrtile/tile_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "hdrtile/error.h"
#include "random_cases.h"

namespace hdrtile {
namespace {

using test::Dice;
using test::error_code;
using test::random_case;
using test::TileCase;

constexpr int usage = static_cast<int>(ErrorCode::usage);
constexpr int too_large = static_cast<int>(ErrorCode::limit);

int overlap_used(const TileSpec& spec) {
  const int wanted = std::max(spec.overlap, 2 * spec.halo + TileSpec::min_ramp);
  return (wanted + spec.multiple - 1) / spec.multiple * spec.multiple;
}

bool covers(int length, int side, int count, int overlap) {
  return side + static_cast<long>(count - 1) * (side - overlap) >= length;
}

void expect_sound(const AxisPlan& axis, int length, const TileCase& c, int overlap) {
  ASSERT_EQ(axis.length, length);
  ASSERT_EQ(axis.origin.size(), axis.ramp_start.size());
  EXPECT_EQ(axis.side % c.spec.multiple, 0);
  EXPECT_EQ(axis.origin.front(), 0);
  EXPECT_GE(axis.origin.back() + axis.side, length);
  EXPECT_LT(axis.origin.back(), length);
  int narrowest = axis.side;
  int widest = 0;
  for (int i = 1; i < axis.count(); ++i) {
    const int stride = axis.origin[i] - axis.origin[i - 1];
    EXPECT_EQ(axis.origin[i] % c.spec.multiple, 0);
    EXPECT_GT(stride, 0);
    EXPECT_GE(axis.side - stride, overlap) << "neighbours share what was asked";
    EXPECT_GE(axis.ramp_start[i], axis.origin[i] + c.spec.halo);
    EXPECT_LE(axis.ramp_start[i] + axis.ramp, axis.origin[i - 1] + axis.side - c.spec.halo);
    if (i > 1) {
      EXPECT_GE(axis.ramp_start[i], axis.ramp_start[i - 1] + axis.ramp) << "weights never three deep";
    }
    narrowest = std::min(narrowest, stride);
    widest = std::max(widest, stride);
  }
  if (axis.count() > 1) {
    EXPECT_LE(widest - narrowest, c.spec.multiple) << "spread evenly";
    EXPECT_GT(axis.ramp, 0);
    EXPECT_LE(axis.ramp, overlap - 2 * c.spec.halo);
    EXPECT_LT(axis.origin.back() + axis.side - length, c.spec.multiple) << "padded no further than to a multiple";
  }
}

/// Fewest tiles of at most `limit`, and of these the smallest.
void expect_fewest_pixels(const AxisPlan& axis, int limit, const TileCase& c, int overlap) {
  const int multiple = c.spec.multiple;
  const int smallest = (c.shapes.min + multiple - 1) / multiple * multiple;
  EXPECT_LE(axis.side, limit);
  if (axis.count() > 1) {
    EXPECT_FALSE(covers(axis.length, limit, axis.count() - 1, overlap));
  }
  if (axis.side > smallest) {
    EXPECT_FALSE(covers(axis.length, axis.side - multiple, axis.count(), overlap));
  }
}

void expect_equal(const TilePlan& a, const TilePlan& b) {
  for (const auto& [one, other] : {std::pair{a.x, b.x}, {a.y, b.y}}) {
    EXPECT_EQ(one.side, other.side);
    EXPECT_EQ(one.ramp, other.ramp);
    EXPECT_EQ(one.origin, other.origin);
    EXPECT_EQ(one.ramp_start, other.ramp_start);
  }
  EXPECT_EQ(a.notes, b.notes);
}

TEST(TilePlan, HoldsItsPromisesForRandomPhotosUpTo100Megapixels) {
  Dice dice(1);
  for (int i = 0; i < 6000; ++i) {
    const TileCase c = random_case(dice, i % 2 == 0 ? 2'000 : 100'000, 100'000'000);
    SCOPED_TRACE(::testing::Message() << c);
    const TilePlan plan = plan_tiles(c.photo, c.spec, c.shapes);
    const int overlap = overlap_used(c.spec);
    EXPECT_EQ(plan.overlap, overlap);
    EXPECT_EQ(plan.halo, c.spec.halo);
    EXPECT_GE(plan.overhead(), 1.0);
    expect_sound(plan.x, c.photo.width, c, overlap);
    expect_sound(plan.y, c.photo.height, c, overlap);
    if (c.shapes.fixed.empty()) {
      const int limit = std::min(c.spec.tile, c.shapes.max) / c.spec.multiple * c.spec.multiple;
      EXPECT_GE(std::min(plan.x.side, plan.y.side), c.shapes.min);
      expect_fewest_pixels(plan.x, limit, c, overlap);
      expect_fewest_pixels(plan.y, limit, c, overlap);
    } else {
      EXPECT_EQ(plan.x.side, plan.y.side);
      EXPECT_TRUE(std::ranges::count(c.shapes.fixed, plan.x.side));
      EXPECT_LE(plan.x.side, std::max(c.spec.tile, c.shapes.fixed.front()));
    }
    expect_equal(plan, plan_tiles(c.photo, c.spec, c.shapes));
    if (HasFailure()) return;  // one case says it all
  }
}

TEST(TilePlan, OneTileCoversThePhotoWhereItFits) {
  for (const Size photo : {Size{1, 1}, {7, 500}, {512, 512}}) {
    const TilePlan plan = plan_tiles(photo, {}, {});
    EXPECT_EQ(plan.count(), 1);
    EXPECT_EQ(plan.x.side, (photo.width + 7) / 8 * 8);
    EXPECT_EQ(plan.y.side, (photo.height + 7) / 8 * 8);
    EXPECT_TRUE(plan.notes.empty());
  }
}

TEST(TilePlan, SidesShrinkToWhatTheFewestTilesNeed) {
  const TilePlan plan = plan_tiles({520, 3000}, {.tile = 512, .overlap = 64}, {});
  EXPECT_EQ(plan.x.count(), 2);
  EXPECT_EQ(plan.x.side, 296);  // 2 * 296 - 64 = 528
  EXPECT_EQ(plan.y.count(), 7);
  EXPECT_EQ(plan.y.side, 488);  // 7 * 488 - 6 * 64 = 3032; 480 would give 2976
}

TEST(TilePlan, AWholePhotoIsOneTileWhateverTheLargestTileIs) {
  const TilePlan plan = plan_tiles({3001, 2003}, {.tile = TileSpec::whole_image}, {.max = 512});
  EXPECT_EQ(plan.count(), 1);
  EXPECT_EQ(plan.x.side, 3008);
  EXPECT_EQ(plan.y.side, 2008);
}

TEST(TilePlan, AListedSizeIsTakenForTheFewestPixels) {
  const TileShapes listed{.fixed = {256, 512, 1024}};
  EXPECT_EQ(plan_tiles({100, 100}, {.tile = 1024}, listed).x.side, 256);
  EXPECT_EQ(plan_tiles({1000, 1000}, {.tile = 1024}, listed).x.side, 1024);
  EXPECT_EQ(plan_tiles({960, 960}, {.tile = 512}, listed).x.side, 512);    // 4 * 512^2 against 25 * 256^2
  EXPECT_EQ(plan_tiles({1000, 1000}, {.tile = 512}, listed).x.side, 256);  // 9 * 512^2 against 25 * 256^2
}

TEST(TilePlan, APhotoThatNoListedSizeHoldsWholeIsAFaultOfThatPhoto) {
  const TileShapes listed{.fixed = {256, 512}};
  const TileSpec whole{.tile = TileSpec::whole_image};
  std::string message;
  EXPECT_EQ(error_code([&] { (void)plan_tiles({513, 10}, whole, listed); }, &message), too_large);
  EXPECT_NE(message.find("512"), std::string::npos) << message;
  EXPECT_EQ(plan_tiles({512, 10}, whole, listed).count(), 1);
}

TEST(TilePlan, APhotoTooLargeForAModelThatCannotCutAnyIsAFaultOfThatPhoto) {
  for (const TileShapes& shapes : {TileShapes{.fixed = {32, 64}}, TileShapes{.max = 64}}) {
    std::string message;
    const TileSpec spec{.tile = 64, .overlap = 64, .halo = 32};
    EXPECT_EQ(error_code([&] { (void)plan_tiles({65, 10}, spec, shapes); }, &message), too_large);
    EXPECT_NE(message.find("at most 64"), std::string::npos) << message;
    EXPECT_EQ(plan_tiles({64, 10}, spec, shapes).count(), 1);
    EXPECT_EQ(error_code([&] {
                (void)plan_tiles({65, 10}, {.tile = 64, .overlap = 60, .halo = 4}, shapes);
              }),
              usage)
        << "less overlap would do";
  }
}

TEST(TilePlan, ASmallerTileThanTheModelRunsIsRaisedAndSaid) {
  const TilePlan listed = plan_tiles({900, 900}, {.tile = 256}, {.fixed = {512}});
  EXPECT_EQ(listed.x.side, 512);
  ASSERT_EQ(listed.notes.size(), 1U);
  EXPECT_NE(listed.notes[0].find("512"), std::string::npos);
  const TilePlan least = plan_tiles({900, 900}, {.tile = 64}, {.min = 128});
  EXPECT_EQ(least.x.side, 128);
  EXPECT_EQ(least.notes.size(), 1U);
}

TEST(TilePlan, AnOverlapBelowHaloAndRampIsRaisedAndSaid) {
  const TilePlan raised = plan_tiles({900, 900}, {.tile = 256, .overlap = 10, .halo = 20}, {});
  EXPECT_EQ(raised.overlap, 48);
  ASSERT_EQ(raised.notes.size(), 1U);
  EXPECT_NE(raised.notes[0].find("48"), std::string::npos);
  const TilePlan rounded = plan_tiles({900, 900}, {.tile = 256, .overlap = 50, .halo = 20}, {});
  EXPECT_EQ(rounded.overlap, 56);
  EXPECT_TRUE(rounded.notes.empty());
}

TEST(TilePlan, ATileTooSmallNamesTheSmallestThatWorks) {
  const TileSpec spec{.tile = 32, .overlap = 64, .halo = 16};
  std::string message;
  EXPECT_EQ(error_code([&] { (void)plan_tiles({300, 400}, spec, {}); }, &message), usage);
  EXPECT_NE(message.find("smallest tile that works is 96"), std::string::npos) << message;
  EXPECT_GT(plan_tiles({300, 400}, {.tile = 96, .overlap = 64, .halo = 16}, {}).count(), 1);
  EXPECT_EQ(error_code([&] { (void)plan_tiles({300, 400}, {.tile = 95, .overlap = 64, .halo = 16}, {}); }), usage);
  EXPECT_EQ(plan_tiles({32, 20}, spec, {}).count(), 1) << "no neighbours, no overlap";
}

TEST(TilePlan, SpecsThatCannotBeAreErrors) {
  EXPECT_EQ(error_code([] { (void)plan_tiles({0, 4}, {}, {}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4, 4}, {.tile = -8}, {}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4, 4}, {.overlap = -1}, {}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4, 4}, {.halo = -1}, {}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4, 4}, {.multiple = 0}, {}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4, 4}, {.multiple = 8}, {.fixed = {500}}); }), usage);
  EXPECT_EQ(error_code([] { (void)plan_tiles({1 << 30, 1}, {}, {}); }), too_large);
  EXPECT_EQ(error_code([] { (void)plan_tiles({4000, 4000}, {.overlap = 2'000'000'000}, {}); }), usage);
}

TEST(MirrorIndex, FoldsAtBothEndsWithoutRepeatingTheEdge) {
  const std::vector<int> expected{2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2};
  for (int i = 0; i < 11; ++i) EXPECT_EQ(mirror_index(i - 2, 4), expected[i]) << i - 2;
  for (const int i : {-7, 0, 12}) EXPECT_EQ(mirror_index(i, 1), 0);
  for (const int i : {-3, -1, 1, 5}) EXPECT_EQ(mirror_index(i, 2), 1);
}

}  // namespace
}  // namespace hdrtile
