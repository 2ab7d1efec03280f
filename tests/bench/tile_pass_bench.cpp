// The tile pass of a model (HDRTILE_BENCH_MODEL, by default `small`) through the fused kernels beside TorchScript, tile
// by tile in turn, on one core: processor seconds for a photo of 7.2 MP (`fused_s`, `torchscript_s`, of the best tile
// of each) and their ratio.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
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

std::string model_file() {
  const char* named = std::getenv("HDRTILE_BENCH_MODEL");
  return named != nullptr ? named : HDRTILE_SAMPLES "/../../models/small.pt";
}

std::vector<float> noise(std::size_t count) {
  std::vector<float> values(count);
  unsigned number = 1;
  for (float& value : values) value = static_cast<float>((number = number * 1664525U + 1013904223U) >> 8) / 16777216.F;
  return values;
}

/// An engine, and what it prepared from a preview, if it does.
struct Prepared {
  Prepared(const char* precision, FusedUse fused)
      : engine(make_engine({.model = model_file(),
                            .draft = false,
                            .device = "cpu",
                            .precision = precision,
                            .threads = 1,
                            .packages = {},
                            .fused = fused})) {
    if (!engine->model().contextual) return;
    const int width = engine->model().context_px;
    const Size size = {.width = width, .height = width * 2 / 3};
    context = engine->prepare(noise(std::size_t{3} * size.width * size.height), size);
  }

  double seconds(const TileBatch& batch, std::vector<float>& out) {
    const double start = processor_seconds();
    engine->run(batch, context.get(), out);
    return processor_seconds() - start;
  }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<PhotoContext> context;
};

void tile_pass(benchmark::State& state, const char* precision) {
  std::unique_ptr<Prepared> fused;
  std::unique_ptr<Prepared> torchscript;
  try {
    fused = std::make_unique<Prepared>(precision, FusedUse::always);
    torchscript = std::make_unique<Prepared>(precision, FusedUse::never);
  } catch (const std::exception& error) {
    return state.SkipWithError(error.what());
  }
  const TileRect rect = {.x0 = 0.1F, .y0 = 0.1F, .x1 = 0.3F, .y1 = 0.3F};
  std::vector<float> out(std::size_t{3} * tile.width * tile.height);
  const auto pixels = noise(out.size());
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
