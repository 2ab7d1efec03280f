#include "hdrtile/tile_blender.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "random_cases.h"

namespace hdrtile {
namespace {

using test::Dice;
using test::random_case;
using test::TileCase;

/// A value for every sample of an image, without holding one.
float known(int x, int y, int channel) { return static_cast<float>((x * 7 + y * 13 + channel * 29) % 101) / 100.0F; }

/// Cuts the known image into tiles, with rubbish wherever a tile's value must not count.
std::vector<float> known_tile(const TilePlan& plan, int index, int scale) {
  const int column = index % plan.x.count();
  const int row = index / plan.x.count();
  const auto wrong = [scale](const AxisPlan& axis, int i, int j, int halo) {
    return (i > 0 && j < halo * scale) || (i + 1 < axis.count() && j >= (axis.side - halo) * scale) ||
           axis.origin[i] * scale + j >= axis.length * scale;
  };
  const int width = plan.x.side * scale;
  const int height = plan.y.side * scale;
  std::vector<float> tile;
  tile.reserve(static_cast<std::size_t>(3) * width * height);
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool rubbish = wrong(plan.x, column, x, plan.halo) || wrong(plan.y, row, y, plan.halo);
        tile.push_back(rubbish ? std::numeric_limits<float>::quiet_NaN()
                               : known(plan.x.origin[column] * scale + x, plan.y.origin[row] * scale + y, channel));
      }
    }
  }
  return tile;
}

TEST(TileBlender, GivesTheImageBackRowByRowInOrderAndHalosNeverCount) {
  Dice dice(3);
  int tiled = 0;
  for (int i = 0; i < 250; ++i) {
    TileCase c = random_case(dice, 700, 150'000);
    if (i % 2 == 0) c.photo = {dice.between(1, 500), dice.between(1, 300)};
    const int scale = i % 5 == 0 ? 2 : 1;
    SCOPED_TRACE(::testing::Message() << c << ", scale " << scale);
    const TilePlan plan = plan_tiles(c.photo, c.spec, c.shapes);
    tiled += plan.x.count() > 1 && plan.y.count() > 1;
    int rows = 0;
    double worst = 0;
    TileBlender blender(plan, scale, [&](int y, const float* rgb) {
      ASSERT_EQ(y, rows++);
      for (int x = 0; x < c.photo.width * scale; ++x) {
        for (int channel = 0; channel < 3; ++channel) {
          const double difference = std::abs(double{rgb[3 * x + channel]} - known(x, y, channel));
          if (!(difference <= worst)) worst = difference;  // NaN, too
        }
      }
    });
    for (int tile = 0; tile < plan.count(); ++tile) blender.add(known_tile(plan, tile, scale));
    EXPECT_EQ(rows, c.photo.height * scale);
    EXPECT_LE(worst, 1e-6);
    if (HasFailure()) return;
  }
  EXPECT_GT(tiled, 20) << "the cases are too easy";
}

TEST(TileBlender, RowsAreHandedOutAsSoonAsNoLaterTileTouchesThem) {
  const TilePlan plan = plan_tiles({40, 400}, {.tile = 128, .overlap = 32, .halo = 8}, {});
  ASSERT_EQ(plan.x.count(), 1);
  ASSERT_GT(plan.y.count(), 3);
  int rows = 0;
  TileBlender blender(plan, 1, [&](int, const float*) { ++rows; });
  for (int i = 0; i < plan.count(); ++i) {
    blender.add(known_tile(plan, i, 1));
    EXPECT_EQ(rows, i + 1 < plan.count() ? plan.y.ramp_start[i + 1] : 400);
  }
}

TEST(TileBlender, WhereOneTileCountsAloneItsValuesAreUntouched) {
  const TilePlan plan = plan_tiles({300, 20}, {.tile = 128, .overlap = 32, .halo = 8}, {});
  const float value = 0.1F + 1e-8F;
  int exact = 0;
  TileBlender blender(plan, 1, [&](int, const float* rgb) {
    for (int x = 0; x < 300; ++x) exact += std::memcmp(rgb + 3 * x, &value, sizeof value) == 0;
  });
  const std::vector<float> tile(static_cast<std::size_t>(3) * plan.x.side * plan.y.side, value);
  for (int i = 0; i < plan.count(); ++i) blender.add(tile);
  EXPECT_GE(exact, 20 * (300 - (plan.x.count() - 1) * plan.x.ramp));
}

}  // namespace
}  // namespace hdrtile
