#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "hdrtile/tile_plan.h"
#include "random_cases.h"

namespace hdrtile {
namespace {

using test::Dice;
using test::random_case;
using test::TileCase;

void expect_partition(const AxisPlan& axis, int halo, int scale) {
  std::vector<double> sum(static_cast<std::size_t>(axis.length) * scale, 0.0);
  std::vector<int> depth(sum.size(), 0);
  for (int i = 0; i < axis.count(); ++i) {
    const std::vector<float> weights = axis_weights(axis, i, scale);
    ASSERT_EQ(weights.size(), static_cast<std::size_t>(axis.side) * scale);
    for (int j = 0; j < axis.side * scale; ++j) {
      const int at = axis.origin[i] * scale + j;
      ASSERT_GE(weights[j], 0.0F);
      ASSERT_LE(weights[j], 1.0F);
      if (at >= axis.length * scale) {
        ASSERT_EQ(weights[j], 0.0F) << "past the photo";
        continue;
      }
      const bool in_halo = (i > 0 && j < halo * scale) || (i + 1 < axis.count() && j >= (axis.side - halo) * scale);
      if (in_halo) {
        ASSERT_EQ(weights[j], 0.0F) << "tile " << i << ", pixel " << j;
      }
      sum[at] += weights[j];
      depth[at] += weights[j] > 0;
    }
  }
  const auto [least, most] = std::minmax_element(sum.begin(), sum.end());
  EXPECT_GE(*least, 1 - 1e-6);
  EXPECT_LE(*most, 1 + 1e-6);
  EXPECT_LE(*std::max_element(depth.begin(), depth.end()), 2);
  EXPECT_EQ(sum.front(), 1.0) << "a photo's border is no tile border";
  EXPECT_EQ(sum.back(), 1.0);
}

TEST(TileWeights, SumToOneEverywhereForRandomPlans) {
  Dice dice(2);
  for (int i = 0; i < 1500; ++i) {
    const TileCase c = random_case(dice, 12'000, 100'000'000);
    SCOPED_TRACE(::testing::Message() << c);
    const TilePlan plan = plan_tiles(c.photo, c.spec, c.shapes);
    const int scale = i % 4 == 0 ? dice.between(2, 4) : 1;
    expect_partition(plan.x, c.spec.halo, scale);
    expect_partition(plan.y, c.spec.halo, scale);
    if (HasFailure()) return;
  }
}

TEST(TileWeights, AreARaisedCosineBetweenTheHalos) {
  const TilePlan plan = plan_tiles({160, 8}, {.tile = 96, .overlap = 32, .halo = 8}, {});
  ASSERT_EQ(plan.x.count(), 2);
  ASSERT_EQ(plan.x.side, 96);
  const std::vector<float> left = axis_weights(plan.x, 0, 1);
  const std::vector<float> right = axis_weights(plan.x, 1, 1);
  for (int i = 0; i < 16; ++i) {  // overlap [64, 96), ramp [72, 88)
    const double expected = 0.5 - 0.5 * std::cos(3.14159265358979 * (i + 0.5) / 16);
    EXPECT_NEAR(right[8 + i], expected, 1e-7);
    EXPECT_NEAR(left[72 + i], 1 - expected, 1e-7);
  }
  EXPECT_EQ(left[71], 1.0F);
  EXPECT_EQ(left[88], 0.0F);
}

}  // namespace
}  // namespace hdrtile
