// The tile pass of the default model through the fused kernels beside TorchScript, tile by tile in turn, on one core:
// processor seconds for a photo of 7.2 MP (`fused_s`, `torchscript_s`, of the best tile of each) and their ratio.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

#include "hdrtile/engine.h"

namespace hdrtile {
namespace {

constexpr Size tile{.width = 512, .height = 480};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// An engine, and what it prepared from a preview.
struct Prepared {
  Prepared(const char* precision, FusedUse fused, const std::vector<float>& preview, Size size)
      : engine(make_engine({.model = HDRTILE_SAMPLES "/../../models/small.pt",
                            .draft = false,
                            .device = "cpu",
                            .precision = precision,
                            .threads = 1,
                            .packages = {},
                            .fused = fused})),
        context(engine->prepare(preview, size)) {}

  double seconds(const TileBatch& batch, std::vector<float>& out) {
    const double start = processor_seconds();
    engine->run(batch, context.get(), out);
    return processor_seconds() - start;
  }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<PhotoContext> context;
};

void tile_pass(benchmark::State& state, const char* precision) {
  const Size preview_size = {.width = 824, .height = 548};
  std::vector<float> pixels(std::size_t{3} * preview_size.width * preview_size.height);
  unsigned number = 1;
  for (float& value : pixels) value = static_cast<float>((number = number * 1664525U + 1013904223U) >> 8) / 16777216.F;
  std::unique_ptr<Prepared> fused;
  std::unique_ptr<Prepared> torchscript;
  try {
    fused = std::make_unique<Prepared>(precision, FusedUse::always, pixels, preview_size);
    torchscript = std::make_unique<Prepared>(precision, FusedUse::never, pixels, preview_size);
  } catch (const std::exception& error) {
    return state.SkipWithError(error.what());
  }
  const TileRect rect = {.x0 = 0.1F, .y0 = 0.1F, .x1 = 0.3F, .y1 = 0.3F};
  std::vector<float> out(std::size_t{3} * tile.width * tile.height);
  pixels.resize(out.size());
  const TileBatch batch = {
      .count = 1, .height = tile.height, .width = tile.width, .pixels = pixels, .rects = {&rect, 1}};
  double best[2] = {1e9, 1e9};
  for (auto _ : state) {
    best[0] = std::min(best[0], fused->seconds(batch, out));
    best[1] = std::min(best[1], torchscript->seconds(batch, out));
  }
  const double tiles = 3296. * 2192 / (tile.width * tile.height);
  state.counters["fused_s"] = best[0] * tiles;
  state.counters["torchscript_s"] = best[1] * tiles;
  state.counters["ratio"] = best[1] / best[0];
}
BENCHMARK_CAPTURE(tile_pass, fp32, "fp32")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(tile_pass, bf16, "bf16")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hdrtile
