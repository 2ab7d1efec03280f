// Planning and blending of a photo's tiles: what the tile loop adds to the network.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "hdrtile/tile_blender.h"
#include "hdrtile/tile_plan.h"

namespace hdrtile {
namespace {

constexpr Size photo_of_7_mp{.width = 3296, .height = 2192};

TilePlan plan_of(int tile) { return plan_tiles(photo_of_7_mp, {.tile = tile, .overlap = 80, .halo = 32}, {}); }

void plan(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(plan_of(static_cast<int>(state.range(0))));
}
BENCHMARK(plan)->Arg(256)->Arg(512)->Arg(1024);

void blend(benchmark::State& state) {
  const TilePlan tiles = plan_of(static_cast<int>(state.range(0)));
  const std::vector<float> tile(std::size_t{3} * tiles.x.side * tiles.y.side, 0.5F);
  for (auto _ : state) {
    TileBlender blender(tiles, 1, [](int, int, int, const float* rgb) { benchmark::DoNotOptimize(rgb); });
    for (int i = 0; i < tiles.count(); ++i) blender.add(tile);
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{photo_of_7_mp.width} * photo_of_7_mp.height);  // pixels
}
BENCHMARK(blend)->Arg(256)->Arg(512)->Arg(TileSpec::whole_image)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hdrtile
