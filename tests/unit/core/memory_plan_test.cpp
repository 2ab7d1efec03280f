#include "hdrtile/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "hdrtile/error.h"
#include "random_cases.h"

namespace hdrtile {
namespace {

using test::error_code;

constexpr std::int64_t gib = std::int64_t{1} << 30;
constexpr Size photo_7mp{3296, 2192};

EngineInfo engine_on(const char* device, std::int64_t memory_bytes = 0) {
  EngineInfo info;
  info.device = device;
  info.memory_bytes = memory_bytes;
  return info;
}

const EngineInfo cpu = engine_on("cpu");
const EngineInfo cuda = engine_on("cuda:0", 16 * gib);
const MemoryLimits roomy{.budget = 64 * gib, .capacity = 256 * gib};

ModelInfo model_of(double bytes_per_pixel) {
  ModelInfo model;
  model.name = "test";
  model.contextual = true;
  model.halo = 32;
  model.bytes_per_pixel = bytes_per_pixel;
  return model;
}

MemoryPlan plan_on_cpu(const ModelInfo& model, const TileRequest& request, std::int64_t capacity = 16 * gib) {
  MemoryLimits limits = memory_limits(cpu, request.max_memory);
  limits.capacity = capacity;
  return plan_memory(photo_7mp, model, cpu, request, limits);
}

int largest_side(const MemoryPlan& plan) { return std::max(plan.tiles.x.side, plan.tiles.y.side); }

TEST(MemoryPlan, TheModelsDefaultTileIsTakenWhereItFits) {
  ModelInfo model = model_of(1000);
  const int usual = largest_side(plan_on_cpu(model, {}));
  EXPECT_LE(usual, 512);
  EXPECT_GT(usual, 400);
  model.tile_default = 1024;
  EXPECT_GT(largest_side(plan_on_cpu(model, {})), 800);
}

TEST(MemoryPlan, TilesShrinkUntilOneFitsTheBudget) {
  const MemoryPlan plan = plan_on_cpu(model_of(30'000), {});
  EXPECT_LT(largest_side(plan), 300);
  EXPECT_LE(plan.expected_bytes, 1536 * gib / 1024);
  EXPECT_EQ(plan.batch, 1);
}

TEST(MemoryPlan, GeometryNeverDependsOnTheMachinesMemory) {
  for (const double bytes : {0.0, 500.0, 20'000.0}) {
    const MemoryPlan much = plan_on_cpu(model_of(bytes), {}, 500 * gib);
    const MemoryPlan little = plan_on_cpu(model_of(bytes), {}, 1000);
    EXPECT_EQ(much.tiles.x.origin, little.tiles.x.origin);
    EXPECT_EQ(much.tiles.y.origin, little.tiles.y.origin);
    EXPECT_EQ(little.batch, 1);
  }
}

TEST(MemoryPlan, ACpuComputesOneTileAfterAnother) {
  EXPECT_EQ(plan_memory(photo_7mp, model_of(100), cpu, {}, roomy).batch, 1);
  EXPECT_EQ(plan_memory(photo_7mp, model_of(100), cpu, {.batch = 4}, roomy).batch, 4) << "as asked";
}

TEST(MemoryPlan, ABatchFitsBudgetAndFreeMemoryAndEnds) {
  const ModelInfo model = model_of(100);
  EXPECT_EQ(plan_memory(photo_7mp, model, cuda, {.tile = 512}, roomy).batch, 16);
  EXPECT_EQ(plan_memory({600, 400}, model, cuda, {.tile = 512}, roomy).batch, 2) << "never more than tiles";
  EXPECT_LE(plan_on_cpu(model_of(1000), {}).expected_bytes, 768 * gib / 1024) << "half of the budget";
  const MemoryLimits tight{.budget = gib, .capacity = gib};
  const MemoryPlan plan = plan_memory(photo_7mp, model_of(1000), cuda, {.tile = 256}, tight);
  EXPECT_GT(plan.batch, 1);
  EXPECT_LT(plan.batch, 16);
  EXPECT_LE(plan.expected_bytes, gib);
}

TEST(MemoryPlan, WhatIsAskedIsDone) {
  const MemoryPlan plan = plan_on_cpu(model_of(50'000), {.tile = 640, .overlap = 100, .batch = 3});
  EXPECT_GT(largest_side(plan), 512);
  EXPECT_EQ(plan.tiles.overlap, 104);
  EXPECT_EQ(plan.batch, 3);
  EXPECT_EQ(plan_on_cpu(model_of(50'000), {.tile = TileSpec::whole_image}).tiles.count(), 1);
}

TEST(MemoryPlan, AMemoryLimitShapesTilesAndBatch) {
  const ModelInfo model = model_of(4096);
  const MemoryPlan free_plan = plan_on_cpu(model, {});
  const MemoryPlan bound = plan_on_cpu(model, {.batch = 4, .max_memory = gib * 5 / 4});
  EXPECT_LT(largest_side(bound), largest_side(free_plan));
  EXPECT_LT(bound.batch, 4) << "a batch that is asked for gives way";
  EXPECT_LT(bound.expected_bytes, gib * 5 / 4);
  EXPECT_GE(plan_on_cpu(model, {.max_memory = 8 * gib}).batch, free_plan.batch);
}

TEST(MemoryPlan, AMemoryLimitThatIsTooSmallSaysWhatIsEnough) {
  const ModelInfo model = model_of(4096);
  constexpr int limit = static_cast<int>(ErrorCode::limit);
  constexpr int usage = static_cast<int>(ErrorCode::usage);
  std::string message;
  EXPECT_EQ(error_code([&] { (void)plan_on_cpu(model, {.max_memory = gib / 2}); }, &message), usage) << "for any photo";
  const auto at = message.find("allow ");
  ASSERT_NE(at, std::string::npos) << message;
  const std::int64_t enough = std::stoll(message.substr(at + 6)) << 20;
  EXPECT_NO_THROW((void)plan_on_cpu(model, {.max_memory = enough}));
  EXPECT_EQ(error_code([&] { (void)plan_on_cpu(model, {.max_memory = enough - (4 << 20)}); }), limit) << "for this one";
  EXPECT_EQ(error_code([&] { (void)plan_on_cpu(model, {.tile = 2048, .max_memory = 2 * gib}); }, &message), limit);
  EXPECT_NE(message.find("smaller tile"), std::string::npos) << message;
  EXPECT_EQ(error_code([&] { (void)plan_on_cpu(model, {.batch = 0}); }), usage);
}

TEST(MemoryPlan, ReducedPrecisionTakesHalfAndADraftTakesLittle) {
  const ModelInfo model = model_of(8000);
  EngineInfo half = cuda;
  half.precision = Precision::fp16;
  const MemoryLimits limits = memory_limits(cuda, 0);
  EXPECT_EQ(limits.budget, limits.capacity);
  EXPECT_GT(limits.budget, 4 * gib);
  EXPECT_GT(plan_memory(photo_7mp, model, half, {}, limits).batch,
            plan_memory(photo_7mp, model, cuda, {}, limits).batch);
  ModelInfo draft = model;
  draft.draft = true;
  draft.halo = 0;
  const MemoryPlan plan = plan_on_cpu(draft, {});
  EXPECT_EQ(plan.tiles.overlap, 16);
  EXPECT_LT(plan.expected_bytes / plan.batch, plan_on_cpu(model, {}).expected_bytes);
}

TEST(MemoryPlan, NumbersOfAHostileModelNeitherOverflowNorTakeLong) {
  ModelInfo model = model_of(1e300);
  model.halo = 0;
  model.multiple = 1;
  model.scale = 16;
  model.parameters = 1'000'000'000'000'000;
  model.tile_default = 1 << 20;
  const MemoryLimits limits{.budget = gib, .capacity = gib};
  const MemoryPlan plan = plan_memory({1 << 28, 1}, model, cpu, {}, limits);  // a million sides, were each tried
  EXPECT_EQ(plan.batch, 1);
  EXPECT_GT(plan.expected_bytes, gib);
  EXPECT_EQ(plan_memory(photo_7mp, model, cpu, {.overlap = 2'000'000'000}, limits).tiles.count(), 1);
}

TEST(MemoryPlan, OnAGpuAPhotoIsOneTileWhereThatFitsAndGivesTheSamePicture) {
  const MemoryLimits limits = memory_limits(cuda, 0);
  ModelInfo model = model_of(268);
  EXPECT_EQ(plan_memory(photo_7mp, model, cuda, {}, limits).tiles.count(), 1);
  EXPECT_GT(plan_memory(photo_7mp, model, cpu, {}, roomy).tiles.count(), 1) << "not on a CPU";
  EXPECT_GT(plan_memory(photo_7mp, model, cuda, {.tile = 512}, limits).tiles.count(), 1) << "nor against what is asked";
  EXPECT_GT(plan_memory(photo_7mp, model, cuda, {}, memory_limits(engine_on("cuda:0", 2 * gib), 0)).tiles.count(), 1)
      << "nor where it does not fit";
  EXPECT_GT(plan_memory({20'000, 20'000}, model, cuda, {}, roomy).tiles.count(), 1) << "nor past 32-bit indices";
  model.shapes.max = 1024;
  EXPECT_GT(plan_memory(photo_7mp, model, cuda, {}, limits).tiles.count(), 1)
      << "nor where the model takes none so large";
  model = model_of(268);
  model.contextual = false;
  EXPECT_GT(plan_memory(photo_7mp, model, cuda, {}, limits).tiles.count(), 1)
      << "nor where tone is taken from the tile";
}

TEST(MemoryPlan, APhotoThatTheGpuHoldsWholeCountsAgainstItsMemory) {
  const ModelInfo model = model_of(1000);
  const TileRequest request{.tile = 512};
  const auto bytes = [&](Size photo) { return plan_memory(photo, model, cuda, request, roomy).expected_bytes; };
  EXPECT_GT(bytes({20'000, 10'000}) - bytes({4000, 2000}), std::int64_t{190'000'000} * 24) << "one batch all the same";
}

TEST(MemoryPlan, AnUnknownGpuCountsAsASmallOne) {
  const MemoryLimits limits = memory_limits(engine_on("cuda:1"), 0);
  EXPECT_GT(limits.budget, gib);
  EXPECT_LE(limits.budget, 2 * gib);
  EXPECT_EQ(memory_limits(cuda, 3 * gib).budget, 3 * gib);
}

TEST(MemoryPlan, TheDefaultOverlapMakesRoomForSmallTiles) {
  ModelInfo model;  // plain, halo 16
  for (int tile = 64; tile <= 512; tile += 8) {
    const MemoryPlan plan = plan_on_cpu(model, {.tile = tile});
    EXPECT_GE(plan.tiles.overlap, 40) << tile;
    EXPECT_LE(plan.tiles.overlap, 64) << tile;
  }
}

TEST(MemoryPlan, ListedTileSizesAreTriedFromTheDefaultDown) {
  ModelInfo model = model_of(1000);
  model.shapes.fixed = {256, 512, 1024};
  EXPECT_LE(largest_side(plan_on_cpu(model, {})), 512);
  model.bytes_per_pixel = 8000;
  EXPECT_EQ(largest_side(plan_on_cpu(model, {})), 256);
  model.tile_default = 100;
  EXPECT_EQ(largest_side(plan_on_cpu(model, {})), 256);
}

}  // namespace
}  // namespace hdrtile
