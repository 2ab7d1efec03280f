// Tilings of photos by requests and models of any kind: those that are made cover the photo, by weights that sum to 1.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "hdrtile/error.h"
#include "hdrtile/memory_plan.h"
#include "hdrtile/photo.h"

namespace {

using namespace hdrtile;

/// Numbers from the input's bytes; zeros behind its end.
class Numbers {
 public:
  Numbers(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <typename T = std::int32_t>
  T next() {
    T value{};
    const std::size_t taken = std::min(sizeof value, size_);
    if (taken > 0) std::memcpy(&value, data_, taken);
    data_ += taken;
    size_ -= taken;
    return value;
  }
  /// Near what is usual, for half of the bytes; anything for the other.
  int near(int usual) {
    const int value = next();
    return (value & 1) != 0 ? std::abs(value >> 1) % (usual + 1) : value >> 1;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

void check(const AxisPlan& axis, int multiple) {
  require(axis.count() >= 1 && axis.origin.front() == 0, "it starts at the photo's edge");
  require(axis.side % multiple == 0, "sides are multiples");
  require(std::int64_t{axis.origin.back()} + axis.side >= axis.length, "it ends at the photo's edge");
  for (int i = 1; i < axis.count(); ++i) {
    const int stride = axis.origin[i] - axis.origin[i - 1];
    require(axis.origin[i] % multiple == 0, "origins are multiples");
    require(stride > 0 && stride < axis.side, "neighbours overlap");
  }
  if (std::int64_t{axis.count()} * axis.side > 1 << 13) return;  // it would take long, and shows nothing new
  std::vector<double> sum(axis.length);
  for (int i = 0; i < axis.count(); ++i) {
    const auto weights = axis_weights(axis, i, 1);
    for (int k = 0; k < axis.side; ++k) {
      require(weights[k] >= 0 && weights[k] <= 1, "weights lie in [0, 1]");
      if (axis.origin[i] + k < axis.length) sum[axis.origin[i] + k] += weights[k];
    }
  }
  for (const double one : sum) require(std::abs(one - 1) < 1e-5, "weights sum to 1");
}

void check(const TilePlan& plan, int multiple) {
  check(plan.x, multiple);
  check(plan.y, multiple);
  require(plan.overhead() >= 1, "every pixel is computed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Numbers numbers(data, size);
  const Size photo{numbers.near(10'000), numbers.near(10'000)};
  const TileSpec spec{numbers.near(1024), numbers.near(128), numbers.near(64), numbers.near(32)};
  TileShapes shapes{.min = numbers.near(64), .max = numbers.near(2048)};
  for (int count = numbers.next<std::uint8_t>() % 4; count > 0; --count) shapes.fixed.push_back(numbers.near(1024));
  // Millions of tiles take time and memory, and show nothing new.
  if (std::int64_t{photo.width} * photo.height > DecodeLimits{}.max_pixels) return 0;
  if (std::max(photo.width, photo.height) > 1 << 17) return 0;
  try {
    check(plan_tiles(photo, spec, shapes), spec.multiple);
  } catch (const Error&) {
  }
  // A model's numbers are in the bounds of read_description.
  constexpr int max_side = 1 << 20;
  const auto bounded = [](int number, int most) {
    return static_cast<int>(std::abs(std::int64_t{number}) % (most + 1));
  };
  EngineInfo engine;
  engine.device = "cpu";
  ModelInfo model;
  model.halo = bounded(spec.halo, 4096);
  model.multiple = 1 + bounded(spec.multiple, 4095);
  model.shapes = {.min = 1 + bounded(shapes.min, max_side - 1), .max = max_side};
  for (const int side : shapes.fixed) model.shapes.fixed.push_back(model.multiple * (1 + bounded(side, 200)));
  model.scale = 1 + numbers.next<std::uint8_t>() % 16;
  model.tile_default = bounded(numbers.near(1024), max_side);
  model.bytes_per_pixel = numbers.next<std::uint16_t>();
  TileRequest request{.batch = numbers.near(16),
                      .max_memory = std::abs(numbers.next<std::int32_t>()) * std::int64_t{1 << 10}};
  if (spec.tile % 2 == 0) request.tile = spec.tile;
  if (spec.overlap % 2 == 0) request.overlap = spec.overlap;
  try {
    const MemoryPlan plan = plan_memory(photo, model, engine, request, {request.max_memory, 1LL << 33});
    check(plan.tiles, model.multiple);
    require(plan.batch >= 1 && plan.batch <= plan.tiles.count(), "a batch holds tiles of the photo");
  } catch (const Error&) {
  }
  return 0;
}
