#include <gtest/gtest.h>

#include <algorithm>

#include "model_factory.h"

namespace hdrtile {
namespace {

using test::description;
using test::error_of;
using test::ModelSource;
using test::ramp;

const std::string context = R"(, "context_px": 8)";

/// A model whose guide is the preview, and whose tiles read the guide at their place in the photo. `mix` is the mean.
/// The trunk adds gain * mix.
const char* const code = R"(
def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
    return preview * self.tone, preview.mean([2, 3])[:, 0:1] * self.trunk.gain

def draft(self, tiles: Tensor, rect: Tensor, guide: Tensor) -> Tensor:
    h = int(tiles.size(2))
    w = int(tiles.size(3))
    u = rect[:, 0:1] + (torch.arange(w, device=tiles.device) + 0.5) / w * (rect[:, 2:3] - rect[:, 0:1])
    v = rect[:, 1:2] + (torch.arange(h, device=tiles.device) + 0.5) / h * (rect[:, 3:4] - rect[:, 1:2])
    place = torch.stack([u.unsqueeze(1).expand(-1, h, -1), v.unsqueeze(2).expand(-1, -1, w)], -1)
    tone = torch.grid_sampler(guide.expand(int(tiles.size(0)), -1, -1, -1), 2 * place - 1, 0, 1, False)
    return tiles + tone

def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
    residual = torch.ones_like(tiles).to(self.trunk.gain.dtype) * self.trunk.gain * mix.to(self.trunk.gain.dtype)
    return self.draft(tiles, rect, guide) + residual.to(tiles.dtype)
)";

ModelSource contextual_model() {
  return {.code = code,
          .weights = {{"tone", {1}, {1.0F / 3.0F}}},
          .trunk = {{"gain", {1}, {0.1F}}},
          .description = description(1, 1, 4, context)};
}

class ContextualModel : public test::OnDevice {
 protected:
  static std::vector<float> run(Engine& engine, const PhotoContext& photo, const std::vector<float>& pixels, int height,
                                int width, const std::vector<TileRect>& rects, RunStats* stats = nullptr) {
    const int count = static_cast<int>(rects.size());
    const std::vector<float> tiles = test::interleaved(pixels, count);
    std::vector<float> out(pixels.size(), -1.0F);
    const RunStats seen =
        engine.run({.count = count, .height = height, .width = width, .pixels = tiles, .rects = rects}, &photo, out);
    if (stats != nullptr) *stats = seen;
    return test::planar(out, count);
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, ContextualModel, ::testing::Values("cpu", "cuda"),
                         [](const auto& tested) { return tested.param; });

TEST_P(ContextualModel, TilesThatShareAPixelAgreeOnIt) {
  const auto model = engine(contextual_model());
  EXPECT_TRUE(model->model().contextual);
  const auto photo = model->prepare(ramp(3 * 4 * 8), {8, 4});
  // A photo of 16 x 8: two tiles of 8 x 8 that share the columns 4 to 8, in one batch.
  const std::vector<float> pixels(2 * 3 * 8 * 8, 0.25F);
  const auto out = run(*model, *photo, pixels, 8, 8, {{0.F, 0.F, 0.5F, 1.F}, {0.25F, 0.F, 0.75F, 1.F}});
  double spread = 0;
  for (int row = 0; row < 3 * 8; ++row) {
    for (int x = 4; x < 8; ++x) {
      const float left = out[row * 8 + x];
      const float right = out[3 * 64 + row * 8 + x - 4];
      EXPECT_NEAR(left, right, 1e-5F);
      spread = std::max(spread, std::abs(double{left} - out[row * 8]));
    }
  }
  EXPECT_GT(spread, 0.01);  // the guide differs from place to place
}

TEST_P(ContextualModel, RectGuideAndMixReachTheTilePass) {
  const auto model = engine(contextual_model());
  std::vector<float> preview(3 * 4 * 8, 0.0F);
  std::fill(preview.begin(), preview.begin() + 32, 0.6F);  // red
  const auto photo = model->prepare(preview, {8, 4});
  const auto out = run(*model, *photo, std::vector<float>(3 * 4, 0.25F), 2, 2, {{0.F, 0.F, 1.F, 1.F}});
  const float residual = 0.1F * 0.1F * 0.6F;
  EXPECT_NEAR(out[0], 0.25F + 0.2F + residual, 1e-6F);
  EXPECT_NEAR(out[4], 0.25F + residual, 1e-6F);
}

TEST_P(ContextualModel, EachPhotoHasItsOwnContext) {
  const auto model = engine(contextual_model());
  const auto dark = model->prepare(std::vector<float>(3 * 4 * 8, 0.0F), {8, 4});
  const auto bright = model->prepare(std::vector<float>(3 * 4 * 8, 0.9F), {8, 4});
  const std::vector<float> pixels(3 * 4, 0.25F);
  const std::vector<TileRect> rect = {{0.F, 0.F, 1.F, 1.F}};
  EXPECT_NEAR(run(*model, *dark, pixels, 2, 2, rect)[0], 0.25F, 1e-6F);
  EXPECT_NEAR(run(*model, *bright, pixels, 2, 2, rect)[0], 0.25F + 0.3F + 0.01F * 0.9F, 1e-6F);
}

TEST_P(ContextualModel, OnlyTheTrunkIsCast) {
  // The guide and the sum stay in FP32: with a trunk that adds nothing, pixels are exact in any precision.
  ModelSource source = contextual_model();
  source.trunk[0].values = {0.0F};
  const auto pixels = ramp(3 * 8 * 8);
  const std::vector<TileRect> rect = {{0.F, 0.F, 1.F, 1.F}};
  const auto whole = engine(source, "fp32");
  const auto expected = run(*whole, *whole->prepare(ramp(3 * 4 * 8), {8, 4}), pixels, 8, 8, rect);
  for (const char* precision : {"bf16", "fp16"}) {
    const auto model = engine(source, precision);
    EXPECT_EQ(run(*model, *model->prepare(ramp(3 * 4 * 8), {8, 4}), pixels, 8, 8, rect), expected) << precision;
    EXPECT_STREQ(to_string(model->info().precision), precision);
  }
}

TEST_P(ContextualModel, TheTrunkIsCastAndPrepareIsNot) {
  // 6 is torch.float32. prepare() returns what it sees of the weights, forward() adds what it sees.
  const ModelSource source{.code = R"(
def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
    seen = float(self.trunk.gain.dtype == 6) + 2.0 * float(self.tone.dtype == 6) + 4.0 * float(preview.dtype == 6)
    return torch.zeros([1], device=preview.device) + seen, torch.zeros([1, 1], device=preview.device)
def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
    ours = float(self.trunk.gain.dtype == 6) + 2.0 * float(self.tone.dtype == 6)
    given = float(tiles.dtype == 6) + 2.0 * float(rect.dtype == 6) + 4.0 * float(guide.dtype == 6) + 8.0 * float(mix.dtype == 6)
    seen = torch.stack([guide[0], torch.zeros_like(guide[0]) + ours, torch.zeros_like(guide[0]) + given])
    return torch.zeros_like(tiles) + seen.view([1, 3, 1, 1])
)",
                           .weights = {{"tone", {1}, {1.0F}}},
                           .trunk = {{"gain", {1}, {1.0F}}},
                           .description = description(1, 1, 0, context)};
  const auto model = engine(source, "bf16");
  const auto out = run(*model, *model->prepare(ramp(3 * 4 * 8), {8, 4}), ramp(3), 1, 1, {{0.F, 0.F, 1.F, 1.F}});
  EXPECT_EQ(out[0], 7.0F);   // prepare: everything in FP32
  EXPECT_EQ(out[1], 2.0F);   // forward: the trunk cast, the rest not
  EXPECT_EQ(out[2], 15.0F);  // handed over in FP32
}

TEST_P(ContextualModel, ATileWithNaNIsDoneAgainWithItsOwnRect) {
  ModelSource source = contextual_model();
  source.code = std::string(code) + R"(
def fragile(self, tiles: Tensor) -> Tensor:
    if self.trunk.gain.dtype == 6:
        return tiles
    return torch.where(tiles > 0.5, tiles / torch.zeros_like(tiles), tiles)
)";
  const std::string call = "return self.draft(tiles, rect, guide)";
  source.code.replace(source.code.rfind(call), call.size(), "return self.draft(self.fragile(tiles), rect, guide)");
  std::vector<float> pixels(2 * 3 * 4 * 4, 0.25F);
  pixels[3 * 16] = 0.75F;  // in the second tile
  const std::vector<TileRect> rects = {{0.F, 0.F, 0.5F, 1.F}, {0.5F, 0.F, 1.F, 1.F}};
  const auto whole = engine(source, "fp32");
  const auto expected = run(*whole, *whole->prepare(ramp(3 * 4 * 8), {8, 4}), pixels, 4, 4, rects);
  const auto model = engine(source, "bf16");
  RunStats stats;
  const auto out = run(*model, *model->prepare(ramp(3 * 4 * 8), {8, 4}), pixels, 4, 4, rects, &stats);
  EXPECT_EQ(stats.redone_fp32, 1);
  EXPECT_TRUE(std::equal(out.begin() + 48, out.end(), expected.begin() + 48));
}

TEST_P(ContextualModel, DraftIsTheGuideAlone) {
  const auto model = engine(contextual_model(), "auto", /*draft=*/true);
  EXPECT_TRUE(model->model().draft);
  EXPECT_EQ(model->model().halo, 0);
  EXPECT_EQ(model->info().precision, Precision::fp32);
  const auto photo = model->prepare(std::vector<float>(3 * 4 * 8, 0.9F), {8, 4});
  EXPECT_NEAR(run(*model, *photo, std::vector<float>(3 * 4, 0.25F), 2, 2, {{0.F, 0.F, 1.F, 1.F}})[0], 0.25F + 0.3F,
              1e-6F);
}

TEST_P(ContextualModel, DraftOfAModelWithoutOneIsAnError) {
  const Error error = error_of([&] { (void)engine(test::pointwise_model({1, 0, 0, 0, 1, 0, 0, 0, 1}), "fp32", true); });
  EXPECT_EQ(error.code(), ErrorCode::model);
  EXPECT_NE(std::string(error.what()).find("draft"), std::string::npos) << error.what();
}

TEST_P(ContextualModel, WithoutATrunkItRunsInFp32) {
  ModelSource source{.code = R"(
def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
    return preview, preview
def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
    return tiles * self.gain
)",
                     .weights = {{"gain", {1}, {1.0F}}},
                     .description = description(1, 1, 0, context)};
  EXPECT_EQ(engine(source, "auto")->info().precision, Precision::fp32);
  EXPECT_EQ(error_of([&] { (void)engine(source, "fp16"); }).code(), ErrorCode::usage);
}

TEST_P(ContextualModel, APrepareThatBreaksItsContractIsAnError) {
  const auto with = [](const std::string& result) {
    return ModelSource{.code = "def prepare(self, preview: Tensor):\n    return " + result +
                               "\ndef forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> "
                               "Tensor:\n    return tiles\n",
                       .description = description(1, 1, 0, context)};
  };
  for (const char* result : {"preview", "(preview, preview, preview)", "(preview, 1)", "(preview / 0.0, preview)",
                             "(preview, (preview - preview) / 0.0)"}) {
    const auto model = engine(with(result));
    const Error error = error_of([&] { (void)model->prepare(ramp(3 * 4 * 8), {8, 4}); });
    EXPECT_EQ(error.code(), ErrorCode::model) << result;
    EXPECT_NE(std::string(error.what()).find("prepare()"), std::string::npos) << error.what();
  }
}

TEST_P(ContextualModel, TilesWithoutContextOrRectsAreRefused) {
  const auto model = engine(contextual_model());
  const auto pixels = ramp(3);
  std::vector<float> out(3);
  const std::vector<TileRect> rects = {{0.F, 0.F, 1.F, 1.F}};
  const auto photo = model->prepare(ramp(3 * 4 * 8), {8, 4});
  EXPECT_THROW(model->run({.count = 1, .height = 1, .width = 1, .pixels = pixels, .rects = rects}, nullptr, out),
               std::invalid_argument);
  EXPECT_THROW(model->run({.count = 1, .height = 1, .width = 1, .pixels = pixels, .rects = {}}, photo.get(), out),
               std::invalid_argument);
}

}  // namespace
}  // namespace hdrtile
