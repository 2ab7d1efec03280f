#include <gtest/gtest.h>

#include "half_blocks.h"
#include "plain.h"

namespace hdrtile::kernels {
namespace {

class Statistics : public EveryInstructionSet {};

TEST_P(Statistics, OfQueriesAndKeysEqualTheirPlainTwin) {
  Numbers numbers(7);
  for (int i = 0; i < 24; ++i) {
    const int heads = 1 << numbers.between(0, 3);
    const int channels = heads * (i % 4 == 0 ? 16 : i % 4 == 1 ? 48 / heads : numbers.between(1, 20));
    const Case tested = random_case(numbers, channels, 2 * channels, false, i % 2 == 0);
    const Size size = {numbers.between(1, 10), numbers.between(1, 40)};
    const auto x = numbers.normal(std::size_t(size.height) * size.width * channels);
    const PackedHalfBlock packed(tested.weights, *GetParam());
    const auto expected = plain::gram(tested.weights, heads, x, size);
    std::vector<float> sums(expected.size());
    const int row = size.height / 2;
    const int column = size.width / 3;
    for (const Part part :
         {Part{0, row, 0, size.width}, Part{row, size.height, 0, column}, Part{row, size.height, column, size.width}}) {
      Floats scratch(GetParam()->gram_scratch(packed.view(), part));
      if (part.row_begin == part.row_end || part.column_begin == part.column_end) continue;
      GetParam()->gram(packed.view(), heads, x.data(), size, part, sums.data(), scratch.data());
    }
    EXPECT_LT(difference(sums.data(), expected), tolerance(*GetParam()))
        << channels << " channels, " << heads << " heads";
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Statistics, testing::ValuesIn(instruction_sets()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Statistics);

}  // namespace
}  // namespace hdrtile::kernels
