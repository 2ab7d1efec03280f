#include "hdrtile/tile_blender.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool rubbish = wrong(plan.x, column, x, plan.halo) || wrong(plan.y, row, y, plan.halo);
      for (int channel = 0; channel < 3; ++channel) {
        tile.push_back(rubbish ? std::numeric_limits<float>::quiet_NaN()
                               : known(plan.x.origin[column] * scale + x, plan.y.origin[row] * scale + y, channel));
      }
    }
  }
  return tile;
}

TEST(TileBlender, GivesEveryPixelBackOnceAndHalosNeverCount) {
  Dice dice(3);
  int tiled = 0;
  for (int i = 0; i < 250; ++i) {
    TileCase c = random_case(dice, 700, 150'000);
    if (i % 2 == 0) c.photo = {dice.between(1, 500), dice.between(1, 300)};
    const int scale = i % 5 == 0 ? 2 : 1;
    SCOPED_TRACE(::testing::Message() << c << ", scale " << scale);
    const TilePlan plan = plan_tiles(c.photo, c.spec, c.shapes);
    tiled += plan.x.count() > 1 && plan.y.count() > 1;
    const int width = c.photo.width * scale;
    const int height = c.photo.height * scale;
    std::vector<int> given(static_cast<std::size_t>(width) * height);
    double worst = 0;
    TileBlender blender(plan, scale, [&](int y, int x0, int count, const float* rgb) {
      ASSERT_TRUE(y >= 0 && y < height && x0 >= 0 && count > 0 && x0 + count <= width);
      for (int x = x0; x < x0 + count; ++x) {
        ++given[static_cast<std::size_t>(y) * width + x];
        for (int channel = 0; channel < 3; ++channel) {
          const double difference = std::abs(double{*rgb++} - known(x, y, channel));
          if (!(difference <= worst)) worst = difference;  // NaN, too
        }
      }
    });
    for (int tile = 0; tile < plan.count(); ++tile) blender.add(known_tile(plan, tile, scale));
    EXPECT_TRUE(std::ranges::all_of(given, [](int times) { return times == 1; }));
    EXPECT_LE(worst, 1e-6);
    if (HasFailure()) return;
  }
  EXPECT_GT(tiled, 20) << "the cases are too easy";
}

TEST(TileBlender, PixelsAreHandedOutAsSoonAsNoLaterTileTouchesThem) {
  const TilePlan plan = plan_tiles({400, 400}, {.tile = 128, .overlap = 32, .halo = 8}, {});
  ASSERT_GT(plan.x.count(), 3);
  const auto finished_by = [](const AxisPlan& axis, int i) {
    return i + 1 < axis.count() ? axis.ramp_start[i + 1] : axis.length;
  };
  int pixels = 0;
  TileBlender blender(plan, 1, [&](int, int, int count, const float*) { pixels += count; });
  for (int row = 0; row < plan.y.count(); ++row) {
    const int above = row == 0 ? 0 : plan.y.ramp_start[row];
    for (int column = 0; column < plan.x.count(); ++column) {
      blender.add(known_tile(plan, row * plan.x.count() + column, 1));
      EXPECT_EQ(pixels, 400 * above + finished_by(plan.x, column) * (finished_by(plan.y, row) - above));
    }
  }
}

TEST(TileBlender, WhereOneTileCountsAloneItsValuesAreUntouched) {
  const TilePlan plan = plan_tiles({300, 20}, {.tile = 128, .overlap = 32, .halo = 8}, {});
  const float value = 0.1F + 1e-8F;
  int exact = 0;
  TileBlender blender(plan, 1, [&](int, int, int count, const float* rgb) {
    for (int x = 0; x < count; ++x) exact += std::memcmp(rgb + 3 * x, &value, sizeof value) == 0;
  });
  const std::vector<float> tile(static_cast<std::size_t>(3) * plan.x.side * plan.y.side, value);
  for (int i = 0; i < plan.count(); ++i) blender.add(tile);
  EXPECT_GE(exact, 20 * (300 - (plan.x.count() - 1) * plan.x.ramp));
}

}  // namespace
}  // namespace hdrtile
