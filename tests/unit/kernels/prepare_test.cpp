#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "elementary.h"
#include "exposure_fusion.h"
#include "guide_fit.h"
#include "plain.h"
#include "random_images.h"

namespace hdrtile::kernels {
namespace {

TEST(Elementary, PowersAndLogarithmsAreThoseOfTheLibrary) {
  for (float x = -125.F; x < 127.F; x += 0.37F) EXPECT_NEAR(exp2_of(x) / std::exp2(x), 1, 5e-7) << x;
  EXPECT_EQ(exp2_of(0.F), 1.F);
  EXPECT_LT(exp2_of(-1e30F), 1e-37F);
  for (float x = 1e-8F; x < 2.F; x *= 1.013F)
    EXPECT_NEAR(log2_of(x), std::log2(x), 4e-7 * std::abs(std::log2(x)) + 2e-7) << x;
  EXPECT_EQ(log2_of(1.F), 0.F);
}

/// A wall has no contrast in any exposure, so all count alike.
TEST(ExposureFusion, OfAnEvenWallIsTheMeanOfTheBracket) {
  for (const Size size : {Size{1, 1}, Size{2, 1}, Size{9, 13}, Size{64, 33}}) {
    const std::vector<float> light(std::size_t{3} * size.height * size.width, 0.18F);
    std::vector<float> fused(light.size());
    fuse_exposures(light, size, fused);
    double mean = 0;
    for (const double stops : {-4., -2.5, -1., .5, 2.}) {
      const double code = 255 * (1.055 * std::pow(0.18 * std::exp2(stops), 1 / 2.4) - 0.055);
      mean += std::floor(code) / 255 / 5;
    }
    for (const float value : fused) EXPECT_NEAR(value, mean, 1e-5) << size.height << " x " << size.width;
  }
}

TEST(GuideFit, FindsTheToneThatMadeTheWantedPicture) {
  Numbers numbers(4);
  for (const Size size : {Size{1, 1}, Size{5, 7}, Size{50, 37}, Size{137, 206}}) {
    const std::size_t plane = std::size_t(size.height) * size.width;
    auto photo = numbers.normal(3 * plane, 0.2F);
    for (float& value : photo) value = std::min(std::abs(value) + 0.05F, 1.F);
    auto wanted = photo;
    const float slopes[] = {1.6F, 1.2F, 0.7F};
    for (int channel = 0; channel < 3; ++channel) {
      for (std::size_t i = 0; i < plane; ++i)
        wanted[channel * plane + i] = slopes[channel] * photo[channel * plane + i] + 0.1F;
    }
    for (const int depth : {1, 12}) {
      const auto guide = fit_guide(photo, wanted, size, depth);
      ASSERT_EQ(guide.size(), std::size_t{6} * depth * guide_size(size).height * guide_size(size).width);
      std::vector<float> tile(3 * plane);
      for (std::size_t i = 0; i < 3 * plane; ++i) tile[i] = photo[i % 3 * plane + i / 3];
      const auto toned = plain::apply_guide(guide, depth, guide_size(size), {0, 0, 1, 1}, tile, size);
      double sum = 0;
      for (std::size_t i = 0; i < 3 * plane; ++i) sum += std::pow(toned[i] - wanted[i % 3 * plane + i / 3], 2);
      EXPECT_LT(std::sqrt(sum / (3. * static_cast<double>(plane))), 0.01)
          << size.height << " x " << size.width << ", depth " << depth;
    }
  }
}

TEST(GuideFit, OfAPhotoWithNanHasNan) {
  const Size size = {.height = 12, .width = 18};
  std::vector<float> photo(std::size_t{3} * size.height * size.width, 0.5F);
  photo[100] = NAN;
  const auto guide = fit_guide(photo, photo, size, 12);
  EXPECT_TRUE(std::any_of(guide.begin(), guide.end(), [](float value) { return std::isnan(value); }));
}

}  // namespace
}  // namespace hdrtile::kernels
