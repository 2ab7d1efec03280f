#include <gtest/gtest.h>

#include "plain.h"
#include "random_images.h"

namespace hdrtile::kernels {
namespace {

class Tone : public EveryInstructionSet {};

TEST_P(Tone, AGuideIsAppliedAsItsPlainTwinDoes) {
  Numbers numbers(5);
  for (int i = 0; i < 20; ++i) {
    const int depth = numbers.between(1, 13);
    const Size grid = {numbers.between(1, 9), numbers.between(1, 11)};
    const Size size = {numbers.between(1, 20), numbers.between(1, 70)};
    const auto guide = numbers.normal(std::size_t{6} * depth * grid.height * grid.width);
    auto tile = numbers.normal(std::size_t{3} * size.height * size.width, 0.3F);
    for (float& value : tile) value += 0.5F;
    const Place place = i % 2 == 0 ? Place{.x0 = 0, .y0 = 0, .x1 = 1, .y1 = 1}
                                   : Place{.x0 = 0.3F, .y0 = -0.1F, .x1 = 0.6F, .y1 = 0.25F};
    const PackedGuide packed(guide, depth, grid.height, grid.width);
    std::vector<float> out(tile.size());
    Floats scratch(packed.view().row_floats() + apply_guide_scratch(size.width));
    const int half = size.height / 2;
    GetParam()->apply_guide(packed.view(), place, tile.data(), out.data(), size, 0, half, scratch.data());
    GetParam()->apply_guide(packed.view(), place, tile.data(), out.data(), size, half, size.height, scratch.data());
    EXPECT_LT(difference(out.data(), plain::apply_guide(guide, depth, grid, place, tile, size)), 1e-5) << "case " << i;
  }
}

TEST_P(Tone, BandsAreShrunkAsTheirPlainTwinDoes) {
  Numbers numbers(6);
  for (int i = 0; i < 20; ++i) {
    const int step = 1 << i % 3;
    const Size size = {numbers.between(1, 20), numbers.between(1, 70)};
    const std::size_t plane = std::size_t(size.height) * size.width;
    const auto coarse = numbers.normal(3 * plane);
    const auto gains = numbers.normal(2 * plane, 3.F);
    std::vector<float> smooth(3 * plane);
    std::vector<float> result(3 * plane, 0.F);
    Floats scratch(shrink_scratch(size.width));
    const int half = size.height / 2;
    GetParam()->shrink_band(coarse.data(), gains.data(), step, smooth.data(), result.data(), size, 0, half,
                            scratch.data());
    GetParam()->shrink_band(coarse.data(), gains.data(), step, smooth.data(), result.data(), size, half, size.height,
                            scratch.data());
    const auto expected = plain::shrink_band(coarse, gains, step, size);
    for (float& value : result) value = -value;
    EXPECT_LT(difference(smooth.data(), expected.smooth), 1e-6);
    EXPECT_LT(difference(result.data(), expected.taken), 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Tone, testing::ValuesIn(instruction_sets()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Tone);

}  // namespace
}  // namespace hdrtile::kernels
