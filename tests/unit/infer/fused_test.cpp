#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr int height = 72;
constexpr int width = 88;

std::unique_ptr<Engine> engine_of(FusedUse fused, const char* precision, int threads = 1) {
  return make_engine({.model = HDRTILE_MODELS "/small.pt",
                      .draft = false,
                      .device = "cpu",
                      .precision = precision,
                      .threads = threads,
                      .packages = {},
                      .fused = fused});
}

std::vector<float> noise(std::size_t count) {
  std::vector<float> values(count);
  unsigned state = 7;
  for (float& value : values) value = static_cast<float>((state = state * 1664525U + 1013904223U) >> 8) / 16777216.F;
  return values;
}

/// Tiles side by side in their photo.
class FusedTiles : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      engine_ = engine_of(FusedUse::always, GetParam(), 2);
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();  // a CPU without the instructions
    }
    preview_size_ = {.width = engine_->model().context_px, .height = engine_->model().context_px * 2 / 3};
    preview_ = noise(std::size_t{3} * preview_size_.width * preview_size_.height);
    context_ = engine_->prepare(preview_, preview_size_);
  }

  std::vector<float> run(Engine& engine, int first, int count) {
    std::vector<float> out(tile_ * count);
    const TileBatch batch = {.count = count,
                             .height = height,
                             .width = width,
                             .pixels = std::span(pixels_).subspan(tile_ * first, tile_ * count),
                             .rects = std::span(rects_).subspan(first, count)};
    engine.run(batch, context_.get(), out);
    return out;
  }

  static constexpr std::size_t tile_ = std::size_t{3} * height * width;
  std::vector<float> pixels_ = noise(3 * tile_);
  std::vector<TileRect> rects_ = {{0.F, 0.F, 0.4F, 0.5F}, {0.3F, 0.F, 0.7F, 0.5F}, {0.6F, 0.5F, 1.F, 1.F}};
  std::unique_ptr<Engine> engine_;
  Size preview_size_;
  std::vector<float> preview_;
  std::unique_ptr<PhotoContext> context_;
};

TEST_P(FusedTiles, AreTheSameToTheByteWhateverTheThreads) {
  const auto by_two = run(*engine_, 0, 3);
  EXPECT_EQ(by_two, run(*engine_of(FusedUse::always, GetParam(), 1), 0, 3));
}

TEST_P(FusedTiles, OfAPhotoArePreparedTheSameToTheByteWhateverTheThreads) {
  const auto by_two = run(*engine_, 0, 3);
  context_ = engine_of(FusedUse::always, GetParam(), 3)->prepare(preview_, preview_size_);
  EXPECT_EQ(by_two, run(*engine_, 0, 3));
}

TEST_P(FusedTiles, AreTheSameToTheByteWhateverTheBatch) {
  const auto together = run(*engine_, 0, 3);
  for (int i = 0; i < 3; ++i) {
    const auto alone = run(*engine_, i, 1);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(tile_ * i)));
  }
}

TEST_P(FusedTiles, AreThoseOfTorchScriptToRounding) {
  const auto fused = run(*engine_, 0, 3);
  const auto torchscript = run(*engine_of(FusedUse::never, GetParam()), 0, 3);
  double sum = 0;
  for (std::size_t i = 0; i < fused.size(); ++i) sum += std::pow(fused[i] - torchscript[i], 2);
  EXPECT_GT(-10 * std::log10(sum / static_cast<double>(fused.size())), GetParam() == std::string("fp32") ? 80 : 45);
}

TEST_P(FusedTiles, OfAPhotoPreparedByKernelsAreThoseOfOnePreparedByTorchScript) {
  const auto torchscript = engine_of(FusedUse::never, "fp32");
  for (const Size size : {preview_size_, Size{1, 1}, Size{2, 7}, Size{90, 822}}) {
    const auto preview = std::span(preview_).first(std::size_t{3} * size.width * size.height);
    context_ = engine_->prepare(preview, size);
    const auto fused = run(*torchscript, 0, 3);
    context_ = torchscript->prepare(preview, size);
    const auto by_torchscript = run(*torchscript, 0, 3);
    double sum = 0;
    for (std::size_t i = 0; i < fused.size(); ++i) sum += std::pow(fused[i] - by_torchscript[i], 2);
    EXPECT_GT(sum, 0) << "the kernels were not used";
    const double asked = size.width == 1 ? 70 : 80;  // all slopes of a single pixel's guide are left to rounding
    EXPECT_GT(-10 * std::log10(sum / static_cast<double>(fused.size())), asked) << size.width << " x " << size.height;
  }
}

TEST_P(FusedTiles, AreNamedByTheEngine) {
  EXPECT_EQ(engine_->info().backend, "fused");
  EXPECT_EQ(to_string(engine_->info().precision), std::string(GetParam()));
}

TEST_P(FusedTiles, WithNanAreTheFaultOfThePhoto) {
  pixels_[tile_ / 2] = NAN;
  EXPECT_THROW(run(*engine_, 0, 1), Error);
  EXPECT_NO_THROW(run(*engine_, 1, 2));
}

INSTANTIATE_TEST_SUITE_P(Precisions, FusedTiles, testing::Values("fp32", "bf16"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace hdrtile
