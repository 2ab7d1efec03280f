#include "half_block.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cmath>
#include <memory>

#include "half_block_body.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

/// A CPU that plays a GPU's group of threads: one thread, one warp of one lane.
struct OneThread {
  using Half = c10::Half;
  struct Sums {
    float values[half_block_kernel::fragment * half_block_kernel::fragment];
  };
  static constexpr int warps = 1;
  static constexpr int lanes = 1;
  static float to_float(Half value) { return value; }
  static Half to_half(float value) { return value; }
  static float inverse_root(float value) { return 1 / std::sqrt(value); }
  static float gelu(float value) { return 0.5F * value * (1 + std::erf(value * 0.70710678F)); }
  static void zero(Sums& sums) { std::fill(std::begin(sums.values), std::end(sums.values), 0.0F); }
  static void multiply_add(Sums& sums, const Half* a, int a_row, const Half* b, int b_row) {
    for (int i = 0; i < half_block_kernel::fragment; ++i) {
      for (int j = 0; j < half_block_kernel::fragment; ++j) {
        for (int k = 0; k < half_block_kernel::fragment; ++k) {
          sums.values[i * half_block_kernel::fragment + j] += to_float(a[i * a_row + k]) * to_float(b[j * b_row + k]);
        }
      }
    }
  }
  static void store(float* out, const Sums& sums) { std::copy(std::begin(sums.values), std::end(sums.values), out); }
  static int thread() { return 0; }
  static int threads() { return 1; }
  static int warp() { return 0; }
  static int lane() { return 0; }
  static void sync() {}
  static void sync_warp() {}
};

struct Weights {
  at::Tensor norm_weight, norm_bias, expand, filters, project;

  Weights(int channels, int hidden, bool gated) {
    const int expanded = gated ? 2 * hidden : hidden;
    norm_weight = at::rand({channels}) + 0.5;
    norm_bias = at::randn({channels}) * 0.2;
    expand = at::randn({expanded, channels, 1, 1}) / std::sqrt(static_cast<float>(channels));
    filters = at::randn({expanded, 1, 3, 3}) / 3;
    project = at::randn({channels, hidden, 1, 1}) / std::sqrt(static_cast<float>(hidden));
    for (at::Tensor* tensor : {&norm_weight, &norm_bias, &expand, &filters, &project}) *tensor = tensor->to(at::kHalf);
  }
  [[nodiscard]] at::Tensor plain(const at::Tensor& x, bool gated) const {  // in FP32, of the same rounded weights
    return plain_half_block(x.to(at::kFloat), norm_weight.to(at::kFloat), norm_bias.to(at::kFloat),
                            expand.to(at::kFloat), filters.to(at::kFloat), project.to(at::kFloat), gated);
  }
};

at::Tensor random_image(int images, int channels, int height, int width) {
  return at::randn({images, channels, height, width}).to(at::kHalf).contiguous(at::MemoryFormat::ChannelsLast);
}

double psnr_to(const at::Tensor& expected, const at::Tensor& got) {
  const double error = (expected - got.to(at::kFloat)).square().mean().item<double>();
  return 10 * std::log10(expected.square().mean().item<double>() / error);
}

/// All patches of all images, as the grid of half_block.cu.
template <int channels, bool gated>
at::Tensor emulated(const at::Tensor& x, const Weights& weights) {
  at::Tensor y = at::full_like(x, std::nanf(""), at::MemoryFormat::ChannelsLast);
  half_block_kernel::Arguments<c10::Half> arguments;
  arguments.x = x.const_data_ptr<c10::Half>();
  arguments.y = y.data_ptr<c10::Half>();
  arguments.height = static_cast<int>(x.size(2));
  arguments.width = static_cast<int>(x.size(3));
  arguments.hidden = static_cast<int>(weights.project.size(1));
  arguments.norm_weight = weights.norm_weight.const_data_ptr<c10::Half>();
  arguments.norm_bias = weights.norm_bias.const_data_ptr<c10::Half>();
  arguments.expand = weights.expand.const_data_ptr<c10::Half>();
  arguments.filters = weights.filters.const_data_ptr<c10::Half>();
  arguments.project = weights.project.const_data_ptr<c10::Half>();
  using Work = half_block_kernel::Patch<OneThread, channels, gated>;
  const auto memory = std::make_unique<typename Work::Memory>();
  for (int image = 0; image < x.size(0); ++image) {
    for (int top = 0; top < arguments.height; top += half_block_kernel::patch) {
      for (int left = 0; left < arguments.width; left += half_block_kernel::patch) {
        Work(arguments, *memory, image, top, left).run();
      }
    }
  }
  return y;
}

template <int channels, bool gated>
void expect_emulated_equals_plain(int images, int height, int width, int hidden) {
  at::manual_seed(channels + hidden);
  const Weights weights(channels, hidden, gated);
  const at::Tensor x = random_image(images, channels, height, width);
  const at::Tensor expected = weights.plain(x, gated);
  EXPECT_GT(psnr_to(expected, emulated<channels, gated>(x, weights)), 55) << channels << ' ' << height << 'x' << width;
  EXPECT_LT(psnr_to(expected, x), 10) << "it does something";
}

TEST(HalfBlock, TheKernelsArithmeticIsThatOfThePlainOperators) {
  const c10::InferenceMode inference;
  expect_emulated_equals_plain<16, false>(1, 16, 16, 16);
  expect_emulated_equals_plain<16, true>(2, 33, 18, 42);  // 16 * 2.66: no multiple of 16
  expect_emulated_equals_plain<48, false>(1, 20, 40, 48);
  expect_emulated_equals_plain<48, true>(1, 17, 31, 127);
  expect_emulated_equals_plain<96, true>(1, 9, 5, 255);  // smaller than a patch
}

TEST(HalfBlock, OnAGpuTheKernelEqualsThePlainOperators) {
  if (!test::has_device("cuda")) GTEST_SKIP() << "no GPU: the kernel has not run";
  const c10::InferenceMode inference;
  at::manual_seed(7);
  for (const int channels : {16, 32, 48, 64, 80, 96, 192, 20}) {
    for (const bool gated : {false, true}) {
      const int hidden = gated ? channels * 266 / 100 : channels;
      Weights weights(channels, hidden, gated);
      const at::Tensor x = random_image(2, channels, 70, 53);
      const at::Tensor expected = weights.plain(x, gated);
      const auto up = [](const at::Tensor& tensor) { return tensor.to(at::kCUDA); };
      const at::Tensor got = half_block(up(x), up(weights.norm_weight), up(weights.norm_bias), up(weights.expand),
                                        up(weights.filters), up(weights.project), gated);
      EXPECT_GT(psnr_to(expected, got.cpu()), 50) << channels << (gated ? " gated" : "");
    }
  }
}

TEST(HalfBlock, TheOperatorRunsAsPlainOperatorsOnACpu) {
  const c10::InferenceMode inference;
  at::manual_seed(3);
  const Weights weights(24, 24, false);
  const at::Tensor x = random_image(1, 24, 10, 12).to(at::kFloat);
  const auto f = [](const at::Tensor& tensor) { return tensor.to(at::kFloat); };
  const at::Tensor got = half_block(x, f(weights.norm_weight), f(weights.norm_bias), f(weights.expand),
                                    f(weights.filters), f(weights.project).view({24, 24}), false);
  EXPECT_TRUE(at::allclose(got, weights.plain(x, false), 1e-5, 1e-5));
}

TEST(HalfBlock, TheDefaultModelGivesTheSameThroughTheOperator) {
  const c10::InferenceMode inference;
  at::manual_seed(5);
  const std::string file = std::string(HDRTILE_SOURCE) + "/models/small.pt";
  auto expected_by = torch::jit::load(file);
  auto module = torch::jit::load(file);
  for (auto* each : {&expected_by, &module}) {
    each->eval();
    each->to(at::kFloat);
  }
  EXPECT_GT(use_half_blocks(module), 3);
  const auto prepared = expected_by.get_method("prepare")({at::rand({1, 3, 120, 160})}).toTupleRef().elements().vec();
  const at::Tensor rect = at::tensor({0.1F, 0.2F, 0.6F, 0.7F}).view({1, 4});
  const std::vector<c10::IValue> inputs{at::rand({2, 3, 64, 96}), rect.expand({2, 4}), prepared[0], prepared[1]};
  const at::Tensor expected = expected_by.forward(inputs).toTensor();
  EXPECT_TRUE(at::allclose(module.forward(inputs).toTensor(), expected, 1e-4, 1e-5));
  EXPECT_GT((expected - inputs[0].toTensor()).abs().max().item<float>(), 0.01F);
  EXPECT_ANY_THROW(module.get_method("prepare")({at::rand({1, 3, 120, 160})})) << "the operator is what runs";
}

TEST(HalfBlock, OtherModelsAreLeftAsTheyAre) {
  const test::TempFolder folder;
  auto module = torch::jit::load(folder.model(test::pointwise_model({1, 0, 0, 0, 1, 0, 0, 0, 1})).string());
  EXPECT_EQ(use_half_blocks(module), 0);
  EXPECT_TRUE(at::equal(module.forward({at::ones({1, 3, 2, 2})}).toTensor(), at::ones({1, 3, 2, 2})));
}

}  // namespace
}  // namespace hdrtile
