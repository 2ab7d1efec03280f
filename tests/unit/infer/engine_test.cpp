#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "model_factory.h"

namespace hdrtile {
namespace {

using test::description;
using test::error_of;
using test::ModelSource;
using test::pointwise_model;
using test::ramp;
using test::run_plain;

const std::vector<float> identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};

/// Plain models, the same on every device.
class PlainModel : public test::OnDevice {};

INSTANTIATE_TEST_SUITE_P(Devices, PlainModel, ::testing::Values("cpu", "cuda"),
                         [](const auto& tested) { return tested.param; });

TEST_P(PlainModel, IdentityConvolutionIsExactInFp32) {
  const auto model = engine(pointwise_model(identity));
  for (const auto& [height, width] : {std::pair{1, 1}, {3, 5}, {64, 64}, {8, 200}}) {
    const auto pixels = ramp(static_cast<std::size_t>(2) * 3 * height * width);
    EXPECT_EQ(run_plain(*model, pixels, 2, height, width), pixels) << height << " x " << width;
  }
}

TEST_P(PlainModel, ChannelsComeAndGoInOrder) {
  const auto model = engine(pointwise_model({0, 0, 1, 0, 0.5F, 0, 1, 0, 0}));  // red <-> blue, green halved
  const auto out = run_plain(*model, {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F}, 1, 1, 2);
  const std::vector<float> expected = {0.5F, 0.6F, 0.15F, 0.2F, 0.1F, 0.2F};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-6F) << i;
}

TEST_P(PlainModel, AnUndescribedModelRunsAndSaysSo) {
  ModelSource source = pointwise_model(identity);
  source.description.clear();
  const auto model = engine(source);
  const auto pixels = ramp(3 * 8 * 8);
  EXPECT_EQ(run_plain(*model, pixels, 1, 8, 8), pixels);
  ASSERT_EQ(model->info().notes.size(), 1U);
  EXPECT_NE(model->info().notes[0].find("hdrtile.json"), std::string::npos);
}

TEST_P(PlainModel, UpscalesByItsScale) {
  const auto model = engine({.code = "def forward(self, x):\n    return torch.upsample_nearest2d(x, [int(x.size(2)) * "
                                     "2, int(x.size(3)) * 2])\n",
                             .description = description(2)});
  const auto out = run_plain(*model, {0.1F, 0.2F, 0.3F}, 1, 1, 1);
  EXPECT_EQ(out, (std::vector<float>{0.1F, 0.1F, 0.1F, 0.1F, 0.2F, 0.2F, 0.2F, 0.2F, 0.3F, 0.3F, 0.3F, 0.3F}));
}

TEST_P(PlainModel, AWrongShapeIsToldWithWhatWasExpected) {
  const auto model = engine({.code = "def forward(self, x):\n    return x[:, :, 1:]\n", .description = description()});
  const Error error = error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); });
  EXPECT_EQ(error.code(), ErrorCode::model);
  EXPECT_NE(std::string(error.what()).find("[1, 3, 3, 4]"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("[1, 3, 4, 4]"), std::string::npos) << error.what();
}

TEST_P(PlainModel, AResultThatIsNoTensorIsAnError) {
  const auto model = engine({.code = "def forward(self, x):\n    return (x, x)\n", .description = description()});
  EXPECT_EQ(error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); }).code(), ErrorCode::model);
}

TEST_P(PlainModel, AFaultInTheModelIsToldInOneLine) {
  const auto model = engine({.code = "def forward(self, x):\n    return torch.matmul(x, torch.ones([7, 7]))\n",
                             .description = description()});
  const Error error = error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); });
  EXPECT_EQ(error.code(), ErrorCode::model);
  EXPECT_NE(std::string(error.what()).find("model.pt"), std::string::npos) << error.what();
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
}

TEST_P(PlainModel, DoesNotTouchItsInput) {
  const auto model = engine({.code = "def forward(self, x):\n    return x.mul_(0.5)\n", .description = description()});
  const std::vector<float> pixels = {0.2F, 0.4F, 0.6F};  // of one pixel every memory layout is the same: no conversion
  EXPECT_EQ(run_plain(*model, pixels, 1, 1, 1), (std::vector<float>{0.1F, 0.2F, 0.3F}));
  EXPECT_EQ(pixels, (std::vector<float>{0.2F, 0.4F, 0.6F}));
}

TEST_P(PlainModel, ReducedPrecisionCastsTheWholeModule) {
  for (const auto& [precision, mantissa] : {std::pair{"bf16", 8}, {"fp16", 11}}) {
    const auto model = engine(pointwise_model(identity), precision);
    const auto pixels = ramp(3 * 16 * 16);
    const auto out = run_plain(*model, pixels, 1, 16, 16);
    EXPECT_NE(out, pixels) << precision;
    for (std::size_t i = 0; i < out.size(); ++i) {
      ASSERT_NEAR(out[i], pixels[i], std::ldexp(pixels[i], -mantissa) + 1e-7) << precision;
    }
  }
}

// Bright pixels overflow unless the model runs in FP32 (6 is torch.float32).
const char* const fragile_code = R"(
def forward(self, x):
    if x.dtype == 6:
        return x * self.gain
    return torch.where(x > 0.5, x * self.gain / torch.zeros_like(x), x * self.gain)
)";

TEST_P(PlainModel, ATileWithInfinityIsDoneAgainInFp32Alone) {
  const ModelSource source{.code = fragile_code, .weights = {{"gain", {1}, {1.0F}}}, .description = description()};
  for (const char* precision : {"fp16", "bf16"}) {
    const auto model = engine(source, precision);
    std::vector<float> pixels(3 * 3 * 4 * 4, 0.3F);
    std::fill_n(pixels.begin() + 48 + 5, 2, 0.7F);  // in the second of three tiles
    RunStats stats;
    const auto out = run_plain(*model, pixels, 3, 4, 4, &stats);
    EXPECT_EQ(stats.redone_fp32, 1) << precision;
    EXPECT_TRUE(std::equal(out.begin() + 48, out.begin() + 96, pixels.begin() + 48)) << precision;
    EXPECT_NE(out[0], pixels[0]) << precision;  // the others stay as they were
    EXPECT_NEAR(out[0], pixels[0], 2e-3F) << precision;
  }
}

TEST_P(PlainModel, HalfPrecisionThatOverflowsIsDoneAgain) {
  const auto model =
      engine({.code = "def forward(self, x):\n    return x * self.gain * self.gain / self.gain / self.gain\n",
              .weights = {{"gain", {1}, {2000.0F}}},
              .description = description()},
             "fp16");
  const std::vector<float> pixels(3 * 4 * 4, 0.25F);
  RunStats stats;
  EXPECT_EQ(run_plain(*model, pixels, 1, 4, 4, &stats), pixels);
  EXPECT_EQ(stats.redone_fp32, 1);
}

TEST_P(PlainModel, NaNEvenInFp32IsAnErrorThatNamesTheModel) {
  for (const char* precision : {"fp32", "bf16"}) {
    const auto model = engine({.code = "def forward(self, x):\n    return x * self.gain / (x - x)\n",
                               .weights = {{"gain", {1}, {1.0F}}},
                               .description = description()},
                              precision);
    const Error error = error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); });
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_NE(std::string(error.what()).find("model.pt"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("NaN"), std::string::npos) << error.what();
  }
}

TEST_P(PlainModel, TheFp32CopyComesFromTheFileThatWasOpened) {
  const ModelSource good{.code = fragile_code, .weights = {{"gain", {1}, {1.0F}}}, .description = description()};
  const auto model = engine(good, "bf16");
  std::filesystem::rename(folder_.file("something else", "other"), folder_ / "model.pt");
  const std::vector<float> pixels(3 * 4 * 4, 0.7F);
  EXPECT_EQ(run_plain(*model, pixels, 1, 4, 4), pixels);
}

TEST_P(PlainModel, AFrozenModuleRunsInFp32OnlyAndSaysSo) {
  ModelSource source = pointwise_model(identity);
  source.frozen = true;
  const auto reference = ramp(3 * 8 * 8);
  EXPECT_EQ(run_plain(*engine(source, "fp32"), reference, 1, 8, 8), reference);
  EXPECT_EQ(error_of([&] { (void)engine(source, "bf16"); }).code(), ErrorCode::usage);

  const auto automatic = engine(source, "auto");
  EXPECT_EQ(automatic->info().precision, Precision::fp32);
  EXPECT_EQ(run_plain(*automatic, reference, 1, 8, 8), reference);
}

TEST_P(PlainModel, RunsModelsThatViewTheirActivations) {  // which takes planar memory
  const auto model = engine({.code = R"(
def forward(self, x):
    y = torch.conv2d(x, self.weight)
    flat = y.view([int(y.size(0)), 3 * int(y.size(2)) * int(y.size(3))])
    return flat.view([int(y.size(0)), 3, int(y.size(2)), int(y.size(3))])
)",
                             .weights = {{"weight", {3, 3, 1, 1}, identity}},
                             .description = description()});
  const auto pixels = ramp(2 * 3 * 6 * 10);
  EXPECT_EQ(run_plain(*model, pixels, 2, 6, 10), pixels);
}

TEST_P(PlainModel, EveryRunGivesTheSameBytes) {  // a recompiled graph would not
  const auto model =
      engine({.code = "def forward(self, x):\n    y = torch.conv2d(x, self.weight, None, [1, 1], [1, 1])\n"
                      "    return torch.gelu(y * 1.7 + 0.3) * torch.sigmoid(y) + x\n",
              .weights = {{"weight", {3, 3, 3, 3}, ramp(81)}},
              .description = description()},
             "auto");
  const auto pixels = ramp(3 * 32 * 32);
  const auto first = run_plain(*model, pixels, 1, 32, 32);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run_plain(*model, pixels, 1, 32, 32), first);
}

TEST_P(PlainModel, RunsOnAnotherThreadThanItWasMadeOn) {
  const auto model = engine(pointwise_model(identity));
  const auto pixels = ramp(3 * 8 * 8);
  std::vector<float> out;
  std::thread([&] { out = run_plain(*model, pixels, 1, 8, 8); }).join();
  EXPECT_EQ(out, pixels);
}

TEST_P(PlainModel, RefusedMemoryIsToldAsSuch) {
  const auto model = engine({.code = "def forward(self, x):\n    y = torch.zeros([1 << 46], device=x.device)\n"
                                     "    return x + y[0]\n",
                             .description = description()});
  EXPECT_EQ(error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); }).code(), ErrorCode::out_of_memory);
  // The engine is whole after it.
  EXPECT_EQ(error_of([&] { (void)run_plain(*model, ramp(3 * 4 * 4), 1, 4, 4); }).code(), ErrorCode::out_of_memory);
}

TEST_P(PlainModel, BatchesThatDoNotFitTheirSpansAreRefused) {
  const auto model = engine(pointwise_model(identity));
  EXPECT_THROW((void)run_plain(*model, ramp(3 * 4 * 4), 2, 4, 4), std::invalid_argument);
  EXPECT_THROW((void)model->prepare(ramp(3), {1, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace hdrtile
