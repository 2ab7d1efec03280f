// What is done to pixels between decoding, the network and encoding, against a copy of the floats that go through.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "against.h"
#include "core/tile_gather.h"
#include "hdrtile/enhance.h"
#include "hdrtile/tile_blender.h"

namespace hdrtile {
namespace {

constexpr Size photo_of_7_mp{.width = 3296, .height = 2192};

Image photo_of(Depth depth) {
  Image photo(photo_of_7_mp, depth);
  std::vector<float> row(std::size_t{3} * photo.width());
  for (int y = 0; y < photo.height(); ++y) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>((i * 7 + y * 13) % 256) / 255.0F;
    write_row(photo, y, 0, photo.width(), row.data());
  }
  return photo;
}

TilePlan plan_of(Size size) { return plan_tiles(size, {.tile = 512, .overlap = 80, .halo = 32}, {}); }

std::size_t floats_of(const TilePlan& plan) { return std::size_t{3} * plan.x.side * plan.y.side; }

/// Copies a tile as often as the plan has tiles.
class Copies {
 public:
  explicit Copies(const TilePlan& plan) : count_(plan.count()), from_(floats_of(plan), 0.5F), to_(from_.size()) {}
  void operator()() {
    for (int i = 0; i < count_; ++i) {
      std::memcpy(to_.data(), from_.data(), sizeof(float) * from_.size());
      benchmark::DoNotOptimize(to_.data());
      benchmark::ClobberMemory();
    }
  }

 private:
  int count_;
  std::vector<float> from_;
  std::vector<float> to_;
};

void gather(benchmark::State& state) {
  const Image photo = photo_of(static_cast<Depth>(state.range(0)));
  const TilePlan plan = plan_of(photo.size());
  const TileGather tiles(photo, plan);
  std::vector<float> tile(floats_of(plan));
  Copies copies(plan);
  bench::against(
      state, "of_memcpy",
      [&] {
        for (int i = 0; i < plan.count(); ++i) {
          tiles.tile(i, tile);
          benchmark::DoNotOptimize(tile.data());
        }
      },
      [&] { copies(); });
}
BENCHMARK(gather)->Arg(0)->Arg(1)->Arg(2)->ArgName("depth")->UseManualTime()->Unit(benchmark::kMillisecond);

void blend_and_quantise(benchmark::State& state) {
  Image result(photo_of_7_mp, static_cast<Depth>(state.range(0)));
  const TilePlan plan = plan_of(result.size());
  const std::vector<float> tile(floats_of(plan), 0.5F);
  Copies copies(plan);
  bench::against(
      state, "of_memcpy",
      [&] {
        TileBlender blender(plan, 1,
                            [&](int y, int x, int count, const float* rgb) { write_row(result, y, x, count, rgb); });
        for (int i = 0; i < plan.count(); ++i) blender.add(tile);
        benchmark::ClobberMemory();
      },
      [&] { copies(); });
}
BENCHMARK(blend_and_quantise)->Arg(0)->Arg(1)->Arg(2)->ArgName("depth")->UseManualTime()->Unit(benchmark::kMillisecond);

void preview(benchmark::State& state) {
  const Image photo = photo_of(Depth::u8);
  Image copy(photo.size(), photo.depth());
  bench::against(
      state, "of_memcpy", [&] { benchmark::DoNotOptimize(make_preview(photo, 824)); },
      [&] {
        std::memcpy(copy.row_data(0), photo.row_data(0), photo.bytes());
        benchmark::DoNotOptimize(copy.row_data(0));
        benchmark::ClobberMemory();
      });
}
BENCHMARK(preview)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hdrtile
