// The fused halves of a Restormer's block, and its convolutions, beside the same by LibTorch (oneDNN), on one core, in
// the same run: GFLOP/s of multiply-adds that the definition counts, and how many times as long LibTorch takes
// (`ratio`, of the best of both).
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "kernels/pack.h"

namespace hdrtile {
namespace {

enum class Half : std::uint8_t { attention, feed_forward };

/// Seconds of this process's processor, whatever else the machine does.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::span<const float> values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Half a block of `channels` with random weights.
struct Layers {
  Layers(Half half, int channels)
      : gated(half == Half::feed_forward),
        hidden(gated ? channels * 266 / 100 : channels),
        norm_weight(at::rand({channels})),
        norm_bias(at::randn({channels})),
        expand(at::randn({outputs(), channels, 1, 1}) / 4),
        filters(at::randn({outputs(), 1, 3, 3}) / 3),
        project(at::randn({channels, hidden, 1, 1}) / 8) {}

  [[nodiscard]] int outputs() const { return gated ? 2 * hidden : hidden; }
  [[nodiscard]] double operations(const at::Tensor& x) const {
    return 2. * static_cast<double>(x.numel()) * (outputs() + hidden) +
           18. * static_cast<double>(x.numel() / x.size(1)) * outputs();
  }
  [[nodiscard]] kernels::PackedHalfBlock pack(const kernels::Kernels& kernels) const {
    return {{.channels = static_cast<int>(norm_weight.numel()),
             .hidden = hidden,
             .gated = gated,
             .centred = true,
             .norm_weight = values(norm_weight),
             .norm_bias = values(norm_bias),
             .expand = values(expand),
             .expand_bias = {},
             .filters = values(filters),
             .filter_bias = {},
             .project = values(project),
             .project_bias = {}},
            kernels};
  }
  /// As models/restormer.py has it, in the type that the layers have.
  [[nodiscard]] at::Tensor by_libtorch(const at::Tensor& x) const {
    const auto normed =
        at::layer_norm(x.permute({0, 2, 3, 1}), {x.size(1)}, norm_weight, norm_bias, 1e-5).permute({0, 3, 1, 2});
    auto middle = at::conv2d(at::conv2d(normed, expand), filters, {}, 1, 1, 1, outputs());
    if (gated) {
      const auto parts = middle.chunk(2, 1);
      middle = at::gelu(parts[0]) * parts[1];
    }
    return x + at::conv2d(middle, project);
  }
  void to(at::ScalarType type) {
    for (at::Tensor* tensor : {&norm_weight, &norm_bias, &expand, &filters, &project}) {
      *tensor = tensor->to(type);
      if (tensor->dim() == 4) *tensor = tensor->contiguous(at::MemoryFormat::ChannelsLast);
    }
  }

  bool gated;
  int hidden;
  at::Tensor norm_weight, norm_bias, expand, filters, project;
};

/// Both in turn.
template <typename Fused, typename LibTorch>
void compare(benchmark::State& state, double operations, const Fused& run, const LibTorch& by_libtorch) {
  double fused = 1e9;
  double libtorch = 1e9;
  for (auto _ : state) {
    const double start = processor_seconds();
    run();
    benchmark::ClobberMemory();
    const double between = processor_seconds();
    benchmark::DoNotOptimize(by_libtorch());
    fused = std::min(fused, between - start);
    libtorch = std::min(libtorch, processor_seconds() - between);
    state.SetIterationTime(between - start);
  }
  state.counters["GFLOP/s"] = operations / fused * 1e-9;
  state.counters["LibTorch_GFLOP/s"] = operations / libtorch * 1e-9;
  state.counters["ratio"] = libtorch / fused;
}

void half_block(benchmark::State& state, Half half, const kernels::Kernels* kernels) {
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const int channels = static_cast<int>(state.range(0));
  const int side = static_cast<int>(state.range(1));
  Layers layers(half, channels);
  const auto packed = layers.pack(*kernels);
  const auto x = at::randn({1, channels, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto type = kernels->per_word == 2 ? at::kBFloat16 : at::kFloat;
  layers.to(type);
  const auto typed = x.to(type);
  std::vector<float> y(x.numel());
  const kernels::Part whole = {0, side, 0, side};
  kernels::Floats scratch(kernels->half_block_scratch(packed.view(), whole));
  compare(
      state, layers.operations(x),
      [&] {
        kernels->half_block(packed.view(), x.const_data_ptr<float>(), y.data(), {side, side}, whole, scratch.data());
      },
      [&] { return layers.by_libtorch(typed); });
}

/// A 3 x 3 convolution and where its results go: those between the levels of a Restormer, and at both its ends.
struct Between {
  const char* name;
  int in, out;
  kernels::Placing placing;
  int factor;
};

void convolution(benchmark::State& state, Between between, const kernels::Kernels* kernels) {
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const int side = static_cast<int>(state.range(0));
  const auto weight = at::randn({between.out, between.in, 3, 3}) / 8;
  const kernels::PackedConvolution packed(
      {.in_channels = {between.in, 0}, .out_channels = between.out, .side = 3, .values = values(weight), .bias = {}},
      between.placing, between.factor, *kernels);
  const auto type = kernels->per_word == 2 ? at::kBFloat16 : at::kFloat;
  const auto x = at::randn({1, between.in, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto typed = x.to(type);
  const auto layer = weight.to(type).contiguous(at::MemoryFormat::ChannelsLast);
  const float* const inputs[2] = {x.const_data_ptr<float>(), nullptr};
  std::vector<float> y(std::size_t(side) * side * between.out);
  kernels::Floats scratch(kernels->convolve_scratch(packed.view(), side));
  const double operations = 18. * side * side * between.in * between.out;
  compare(
      state, operations,
      [&] {
        kernels->convolve(packed.view(), inputs, y.data(), {side, side}, 0, side, between.placing, between.factor,
                          scratch.data());
      },
      [&] {
        const auto result = at::conv2d(typed, layer, {}, 1, 1);
        return between.placing == kernels::Placing::gathered ? at::pixel_unshuffle(result, between.factor)
                                                             : at::pixel_shuffle(result, between.factor);
      });
}

/// A large product by LibTorch: what a core reaches at best.
void matrix_product(benchmark::State& state, at::ScalarType type) {
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const auto a = at::randn({1024, 1024}).to(type);
  double best = 1e9;
  for (auto _ : state) {
    const double start = processor_seconds();
    benchmark::DoNotOptimize(at::mm(a, a));
    best = std::min(best, processor_seconds() - start);
    state.SetIterationTime(processor_seconds() - start);
  }
  state.counters["GFLOP/s"] = 2. * 1024 * 1024 * 1024 / best * 1e-9;
}

/// Sides as levels of a tile of 512 have them: no more than caches hold, no less.
void levels(benchmark::internal::Benchmark* benchmark) {
  for (const int channels : {16, 32, 48, 96, 192, 384}) benchmark->Args({channels, std::max(256 * 16 / channels, 32)});
  benchmark->ArgNames({"C", "side"})->UseManualTime()->Unit(benchmark::kMillisecond);
}

const bool registered = [] {
  benchmark::RegisterBenchmark("matrix_product/fp32", matrix_product, at::kFloat)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("matrix_product/bf16", matrix_product, at::kBFloat16)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  const kernels::Kernels* found[4];
  const int count = kernels::all_kernels(found);
  for (int i = 0; i < count; ++i) {
    for (const auto half : {Half::attention, Half::feed_forward}) {
      const std::string name = std::string(half == Half::attention ? "attention/" : "feed_forward/") + found[i]->name;
      benchmark::RegisterBenchmark(name.c_str(), half_block, half, found[i])->Apply(levels);
    }
    using kernels::Placing;
    for (const Between between :
         {Between{"embed", 24, 16, Placing::straight, 1}, Between{"down", 16, 8, Placing::gathered, 2},
          Between{"up", 32, 64, Placing::spread, 2}, Between{"maps", 16, 24, Placing::planes, 2},
          Between{"down", 192, 96, Placing::gathered, 2}, Between{"up", 384, 768, Placing::spread, 2}}) {
      const std::string name = std::string("convolution/") + found[i]->name + "/" + between.name + "/" +
                               std::to_string(between.in) + "/" + std::to_string(between.out);
      benchmark::RegisterBenchmark(name.c_str(), convolution, between, found[i])
          ->Arg(between.in < 100 ? 256 : 32)
          ->ArgName("side")
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace hdrtile
