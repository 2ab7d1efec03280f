#include <gtest/gtest.h>

#include "half_blocks.h"
#include "plain.h"

namespace hdrtile::kernels {
namespace {

/// The whole image, in parts of at most `rows` x `columns`.
Floats run(const Kernels& kernels, const HalfBlock& weights, const std::vector<float>& x, Size size, int rows,
           int columns) {
  Floats y(x.size());
  for (int row = 0; row < size.height; row += rows) {
    for (int column = 0; column < size.width; column += columns) {
      const Part part = {row, std::min(row + rows, size.height), column, std::min(column + columns, size.width)};
      Floats scratch(kernels.half_block_scratch(weights, part));
      kernels.half_block(weights, x.data(), y.data(), size, part, scratch.data());
    }
  }
  return y;
}

TEST_P(EveryInstructionSet, HalfBlocksEqualTheirPlainTwins) {
  Numbers numbers(1);
  const int widths[] = {16, 32, 48, 96, 1, 3, 12, 20, 24};
  for (int i = 0; i < 40; ++i) {
    const int channels = i < 9 ? widths[i] : numbers.between(2, 40);
    const bool gated = numbers.between(0, 1) == 1;
    const int hidden = gated ? numbers.between(1, 3 * channels) : channels;
    const bool centred = numbers.between(0, 3) > 0;
    const Case tested = random_case(numbers, channels, hidden, gated, numbers.between(0, 1) == 1, centred);
    const Size size = {numbers.between(1, 12), numbers.between(1, 120)};
    const auto x = numbers.normal(std::size_t(size.height) * size.width * channels, 2.F);
    const PackedHalfBlock packed(tested.weights, *GetParam());
    const Floats y = run(*GetParam(), packed.view(), x, size, size.height, size.width);
    EXPECT_LT(difference(y.data(), plain::half_block(tested.weights, x, size)), tolerance(*GetParam()))
        << channels << " channels, hidden " << hidden << (gated ? " gated, " : ", ") << size.height << " x "
        << size.width;
  }
}

TEST_P(EveryInstructionSet, HalfBlocksAreTheSameToTheByteHoweverTheImageIsShared) {
  Numbers numbers(2);
  const int widths[] = {16, 32, 48, 16};  // whole vectors
  for (int i = 0; i < 16; ++i) {
    const int channels = i < 4 ? widths[i] : numbers.between(2, 40);
    const bool gated = i % 2 == 0;
    const Case tested = random_case(numbers, channels, gated ? 2 * channels : channels, gated, i % 4 == 3);
    const Size size = {numbers.between(3, 20), numbers.between(3, 120)};
    const auto x = numbers.normal(std::size_t(size.height) * size.width * channels);
    const PackedHalfBlock packed(tested.weights, *GetParam());
    const Floats whole = run(*GetParam(), packed.view(), x, size, size.height, size.width);
    const Floats shared = run(*GetParam(), packed.view(), x, size, numbers.between(1, size.height - 1),
                              numbers.between(1, size.width - 1));
    EXPECT_EQ(std::vector(whole.data(), whole.data() + x.size()), std::vector(shared.data(), shared.data() + x.size()));
  }
}

TEST_P(EveryInstructionSet, AProjectionCanBeGivenForEachPhoto) {
  Numbers numbers(3);
  Case tested = random_case(numbers, 20, 20, false, false);
  PackedHalfBlock packed(tested.weights, *GetParam());
  tested.project = numbers.normal(400, 0.2F);
  tested.weights.project = tested.project;
  packed.set_projection(tested.project);
  const Size size = {5, 9};
  const auto x = numbers.normal(std::size_t{5} * 9 * 20);
  const Floats y = run(*GetParam(), packed.view(), x, size, 5, 9);
  EXPECT_LT(difference(y.data(), plain::half_block(tested.weights, x, size)), tolerance(*GetParam()));
}

INSTANTIATE_TEST_SUITE_P(HalfBlocks, EveryInstructionSet, testing::ValuesIn(instruction_sets()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryInstructionSet);

}  // namespace
}  // namespace hdrtile::kernels
