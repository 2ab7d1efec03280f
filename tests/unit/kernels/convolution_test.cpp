#include <gtest/gtest.h>

#include "plain.h"
#include "random_images.h"

namespace hdrtile::kernels {
namespace {

class Convolutions : public EveryInstructionSet {};

/// The whole image, `rows` of it at a time.
Floats run(const Kernels& kernels, const PackedConvolution& packed, const std::vector<float> (&inputs)[2], Size size,
           int rows) {
  const Convolution& weights = packed.view();
  Floats out(std::size_t(size.height) * size.width * weights.out_channels);
  Floats scratch(kernels.convolve_scratch(weights, size.width));
  const float* const pointers[2] = {inputs[0].data(), inputs[1].data()};
  for (int row = 0; row < size.height; row += rows) {
    kernels.convolve(weights, pointers, out.data(), size, row, std::min(row + rows, size.height), packed.placing(),
                     packed.factor(), scratch.data());
  }
  return out;
}

TEST_P(Convolutions, EqualTheirPlainTwinsWhereverResultsGo) {
  Numbers numbers(4);
  for (int i = 0; i < 48; ++i) {
    const Placing placing = std::array{Placing::straight, Placing::spread, Placing::gathered, Placing::planes}[i % 4];
    const int factor = placing == Placing::straight ? 1 : numbers.between(1, 3);
    ConvolutionWeights weights = {.in_channels = {numbers.between(1, 40), i % 3 == 0 ? numbers.between(1, 20) : 0},
                                  .out_channels = numbers.between(1, 5) * factor * factor,
                                  .side = i % 2 == 0 ? 3 : 1,
                                  .values = {},
                                  .bias = {}};
    const int all_in = weights.in_channels[0] + weights.in_channels[1];
    const auto values = numbers.normal(std::size_t(weights.out_channels) * all_in * weights.side * weights.side);
    const auto bias = numbers.normal(i % 5 == 0 ? weights.out_channels : 0);
    weights.values = values;
    weights.bias = bias;
    const int multiple = placing == Placing::gathered ? factor : 1;
    const Size size = {numbers.between(1, 8) * multiple, numbers.between(1, 80) * multiple};
    const std::size_t pixels = std::size_t(size.height) * size.width;
    const std::vector<float> inputs[2] = {numbers.normal(pixels * weights.in_channels[0]),
                                          numbers.normal(pixels * weights.in_channels[1])};
    const PackedConvolution packed(weights, placing, factor, *GetParam());
    const auto expected = plain::convolve(weights, inputs, size, placing, factor);
    for (const int rows : {size.height, 1}) {
      EXPECT_LT(difference(run(*GetParam(), packed, inputs, size, rows).data(), expected), tolerance(*GetParam()))
          << all_in << " to " << weights.out_channels << " channels, factor " << factor << ", case " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Convolutions, testing::ValuesIn(instruction_sets()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Convolutions);

}  // namespace
}  // namespace hdrtile::kernels
