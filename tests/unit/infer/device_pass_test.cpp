// Photos that an engine takes whole: the same picture as through core's tile loop, which is the oracle. On a CPU the
// same operators run as on a GPU; there nothing may differ but the last places of FP32.
#include "device_pass.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "hdrtile/enhance.h"
#include "image_difference.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

using test::error_of;
using test::largest_difference;
using test::ModelSource;

const CancelFlag go = false;

template <typename T>
Image noise(Size size, Depth depth, double scale, double least = 0) {
  Image image(size, depth);
  const auto values = test::ramp(static_cast<std::size_t>(3) * size.width * size.height);
  for (int y = 0; y < size.height; ++y) {
    for (int i = 0; i < 3 * size.width; ++i) {
      image.row<T>(y)[i] =
          static_cast<T>(least + values[static_cast<std::size_t>(3) * size.width * y + i] * (scale - least));
    }
  }
  return image;
}

Image noise(Size size, Depth depth) {
  if (depth == Depth::u8) return noise<std::uint8_t>(size, depth, 255);
  if (depth == Depth::u16) return noise<std::uint16_t>(size, depth, 65535);
  return noise<float>(size, depth, 1.4, -0.3);
}

/// Sees one pixel to each side and is wrong at its border (zeros), which the halo hides.
ModelSource blur_model() {
  return {.code = "def forward(self, x):\n    return torch.conv2d(x, self.weight, padding=[1, 1])\n",
          .weights = {{"weight",
                       {3, 3, 3, 3},
                       [] {
                         auto kernel = test::ramp(81);
                         for (float& weight : kernel) weight /= 13.5F;
                         return kernel;
                       }()}},
          .description = test::description(1, 4, 1)};
}

class DevicePassOn : public test::OnDevice {
 protected:
  struct Both {
    Enhanced host;
    Enhanced device;
  };

  std::unique_ptr<Engine> make(const ModelSource& source, TileWork work, const std::string& precision = "fp32") {
    return make_engine({.model = folder_.model(source),
                        .device = GetParam(),
                        .precision = precision,
                        .threads = 1,  // tiny operators: threads would wait for each other longer than they work
                        .packages = {},
                        .tile_work = work});
  }

  Both enhance(const ModelSource& source, const Image& photo, const EnhanceSettings& settings,
               const std::string& precision = "fp32") {
    return {enhance_image(photo, *make(source, TileWork::host, precision), settings, go),
            enhance_image(photo, *make(source, TileWork::device, precision), settings, go)};
  }

  /// No difference on a CPU but for the rounding of floats; on a GPU, where sums are contracted, one step of 8 bits.
  void expect_same(const Both& both, const std::string& what) {
    const Image& a = both.host.image;
    const Image& b = both.device.image;
    ASSERT_EQ(a.size(), b.size()) << what;
    ASSERT_EQ(a.depth(), b.depth()) << what;
    if (GetParam() != "cpu") {
      EXPECT_LE(largest_difference(a, b), 1.01 / 255) << what;
    } else if (a.depth() == Depth::f32) {
      EXPECT_LE(largest_difference(a, b), 5e-7) << what;
    } else {
      EXPECT_EQ(std::memcmp(a.row_data(0), b.row_data(0), a.bytes()), 0) << what << ", " << largest_difference(a, b);
    }
    EXPECT_EQ(both.host.plan.tiles.count(), both.device.plan.tiles.count()) << what;
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, DevicePassOn, ::testing::Values("cpu", "cuda"),
                         [](const auto& tested) { return tested.param; });

TEST_P(DevicePassOn, GivesThePictureOfTheHostForAllDepthsSizesAndStrengths) {
  const ModelSource source = blur_model();
  for (const Depth depth : {Depth::u8, Depth::u16, Depth::f32}) {
    for (const Size size : {Size{1, 1}, {3, 2}, {200, 1}, {5, 130}, {171, 149}}) {
      const Image photo = noise(size, depth);
      for (const float strength : {1.0F, 0.3F, 0.0F}) {
        const std::string what = std::to_string(size.width) + " x " + std::to_string(size.height) + " of " +
                                 std::to_string(bytes_per_sample(depth)) + " bytes, strength " +
                                 std::to_string(strength);
        const Both both =
            enhance(source, photo, {.request = {.tile = 64, .overlap = 16, .batch = 3}, .strength = strength});
        expect_same(both, what);
        if (size.width > 100 && size.height > 100) {
          EXPECT_GT(both.device.plan.tiles.count(), 6);
          if (strength == 1.0F) {
            EXPECT_GT(largest_difference(photo, both.device.image), 0.1) << what;
          }
        }
      }
    }
  }
}

TEST_P(DevicePassOn, WholePhotosAndAsManyAsALotOfTilesInABatchAreTheSame) {
  const Image photo = noise({150, 90}, Depth::u16);
  for (const int tile : {TileSpec::whole_image, 32}) {
    for (const int batch : {1, 2, 1000}) {
      expect_same(enhance(blur_model(), photo, {.request = {.tile = tile, .batch = batch}}), std::to_string(batch));
    }
  }
}

TEST_P(DevicePassOn, UpscalingModelsGiveALargerPhoto) {
  const ModelSource source{.code =
                               "def forward(self, x):\n    return 0.9 * torch.upsample_nearest2d(x, [int(x.size(2)) * "
                               "2, int(x.size(3)) * 2])\n",
                           .description = test::description(2, 8, 2)};
  for (const Depth depth : {Depth::u8, Depth::f32}) {
    const Both both = enhance(source, noise({130, 75}, depth), {.request = {.tile = 64, .batch = 2}});
    EXPECT_EQ(both.device.image.size(), (Size{260, 150}));
    expect_same(both, "doubled");
  }
}

TEST_P(DevicePassOn, ContextualModelsAreGivenRectGuideAndMix) {
  const ModelSource source{.code = R"(
def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
    return preview, preview.mean([2, 3])
def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
    h = int(tiles.size(2))
    w = int(tiles.size(3))
    u = rect[:, 0:1] + (torch.arange(w, device=tiles.device) + 0.5) / w * (rect[:, 2:3] - rect[:, 0:1])
    v = rect[:, 1:2] + (torch.arange(h, device=tiles.device) + 0.5) / h * (rect[:, 3:4] - rect[:, 1:2])
    place = torch.stack([u.unsqueeze(1).expand(-1, h, -1), v.unsqueeze(2).expand(-1, -1, w)], -1)
    tone = torch.grid_sampler(guide.expand(int(tiles.size(0)), -1, -1, -1), 2 * place - 1, 0, 1, False)
    return 0.5 * tiles + 0.25 * tone + 0.25 * mix.view([1, 3, 1, 1])
)",
                           .description = test::description(1, 8, 8, R"(, "context_px": 16)")};
  for (const Depth depth : {Depth::u8, Depth::u16, Depth::f32}) {
    expect_same(enhance(source, noise({210, 150}, depth), {.request = {.tile = 64, .overlap = 32, .batch = 2}}),
                "contextual");
  }
}

TEST_P(DevicePassOn, InReducedPrecisionItIsTheSameToo) {
  const Both both = enhance(blur_model(), noise({180, 140}, Depth::u16), {.request = {.tile = 64}}, "bf16");
  expect_same(both, "bf16");
}

TEST_P(DevicePassOn, ResultsMayBeDeeperThanThePhoto) {
  const Both both = enhance(blur_model(), noise({90, 70}, Depth::u8), {.request = {.tile = 64}, .at_least_u16 = true});
  EXPECT_EQ(both.device.image.depth(), Depth::u16);
  expect_same(both, "16 of 8");
}

/// In reduced precision Inf where a tile holds a value above 0.999.
ModelSource sometimes_infinite() {
  return {.code = R"(
def forward(self, x):
    if x.dtype == 6:
        return x * self.gain
    return x * self.gain / (x.amax() < 0.999).to(x.dtype)
)",
          .weights = {{"gain", {1}, {0.5F}}},
          .description = test::description(1, 8, 0)};
}

TEST_P(DevicePassOn, TilesWithNanOrInfAndNoOthersAreDoneAgainInFp32) {
  Image photo({200, 40}, Depth::u8);
  for (int y = 0; y < 40; ++y) std::fill_n(photo.row<std::uint8_t>(y), 600, std::uint8_t{100});
  photo.row<std::uint8_t>(20)[3 * 180] = 255;  // in the last tile alone
  const Both both = enhance(sometimes_infinite(), photo, {.request = {.tile = 64, .overlap = 16, .batch = 1}}, "bf16");
  EXPECT_EQ(both.device.redone_fp32, 1);
  EXPECT_EQ(both.host.redone_fp32, 1);
  EXPECT_GT(both.device.plan.tiles.count(), 2);
  ASSERT_EQ(both.device.downgrades.size(), 1U);
  EXPECT_EQ(both.device.downgrades, both.host.downgrades);
  expect_same(both, "redone");
}

TEST_P(DevicePassOn, NanThatStaysIsTheModelsFault) {
  const ModelSource source{.code = "def forward(self, x):\n    return x * self.gain\n",
                           .weights = {{"gain", {1}, {std::numeric_limits<float>::quiet_NaN()}}},
                           .description = test::description(1, 8, 0)};
  const Image photo = noise({64, 64}, Depth::u8);
  for (const char* precision : {"fp32", "bf16"}) {
    const auto engine = make(source, TileWork::device, precision);
    const Error error = error_of([&] { (void)enhance_image(photo, *engine, {}, go); });
    EXPECT_EQ(error.code(), ErrorCode::model) << precision;
    EXPECT_NE(std::string(error.what()).find("NaN or Inf even in FP32"), std::string::npos) << error.what();
  }
}

TEST_P(DevicePassOn, AWrongShapeIsTheModelsFaultInTheSameWords) {
  const ModelSource source{.code = "def forward(self, x):\n    return x[:, :, 1:]\n",
                           .description = test::description(1, 8, 0)};
  const Image photo = noise({40, 24}, Depth::u8);
  const auto said = [&](TileWork work) {
    const auto engine = make(source, work);
    return std::string(error_of([&] { (void)enhance_image(photo, *engine, {}, go); }).what());
  };
  EXPECT_EQ(said(TileWork::device), said(TileWork::host));
}

TEST_P(DevicePassOn, ProgressRisesToOneAndCancelStopsBeforeTheNextBatch) {
  const auto engine = make(blur_model(), TileWork::device);
  const Image photo = noise({300, 300}, Depth::u8);
  const EnhanceSettings settings{.request = {.tile = 64, .overlap = 16, .batch = 5}};
  std::vector<double> shares;
  (void)enhance_image(photo, *engine, settings, go, [&](double share) { shares.push_back(share); });
  EXPECT_GT(shares.size(), 5U);
  EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
  EXPECT_EQ(shares.back(), 1.0);

  CancelFlag cancel = false;
  int batches = 0;
  EXPECT_EQ(error_of([&] {
              (void)enhance_image(photo, *engine, settings, cancel, [&](double) { cancel = ++batches == 2; });
            }).code(),
            ErrorCode::cancelled);
  EXPECT_EQ(batches, 2);
}

TEST_P(DevicePassOn, AnEngineTakesWholePhotosWhereItRunsOnAGpuAndOtherwiseWhenAsked) {
  const Image photo = noise({16, 16}, Depth::u8);
  const TilePlan plan = plan_tiles(photo.size(), {.tile = 16, .overlap = 0, .halo = 0}, {});
  const PhotoTask task{.photo = photo, .tiles = plan};
  const auto takes = [&](TileWork work) { return make(blur_model(), work)->begin_photo(task) != nullptr; };
  EXPECT_EQ(takes(TileWork::automatic), GetParam() == "cuda");
  EXPECT_FALSE(takes(TileWork::host));
  EXPECT_TRUE(takes(TileWork::device));
  EXPECT_EQ(make(blur_model(), TileWork::host)->lanes(), 1);
  EXPECT_EQ(make(blur_model(), TileWork::device)->lanes(), 2) << "one is copied while the other is computed";
}

TEST_P(DevicePassOn, TwoPhotosAtOnceGiveWhatEachGivesAlone) {
  const auto engine = make(sometimes_infinite(), TileWork::device, "bf16");
  const Image photos[] = {noise({300, 200}, Depth::u8), noise({170, 260}, Depth::u16)};
  const EnhanceSettings settings{.request = {.tile = 64, .overlap = 16, .batch = 2}};
  Image alone[2];
  Image together[2];
  for (int i = 0; i < 2; ++i) alone[i] = enhance_image(photos[i], *engine, settings, go).image;
  {
    std::vector<std::jthread> lanes;
    for (int i = 0; i < 2; ++i) {
      lanes.emplace_back([&, i] {
        for (int round = 0; round < 3; ++round) together[i] = enhance_image(photos[i], *engine, settings, go).image;
      });
    }
  }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(largest_difference(alone[i], together[i]), 0) << i;
}

/// Halves its input; has no room for more than `most` pixels of tiles.
class SmallRoom : public Engine, private TileModel {
 public:
  explicit SmallRoom(std::int64_t most) : most_(most) {
    model_.halo = 0;
    info_.device = "cpu";
  }
  const ModelInfo& model() const noexcept override { return model_; }
  const EngineInfo& info() const noexcept override { return info_; }
  std::unique_ptr<PhotoContext> prepare(std::span<const float>, Size) override { return nullptr; }
  RunStats run(const TileBatch&, const PhotoContext*, std::span<float>) override {
    throw std::logic_error("photos are taken whole");
  }
  std::unique_ptr<PhotoPass> begin_photo(const PhotoTask& task) override {
    return make_device_pass(task, 1, *this, c10::kCPU, transfers_);
  }

 private:
  at::Tensor compute(const at::Tensor& tiles, const at::Tensor&, const TensorContext*) override {
    if (tiles.numel() / 3 > most_) throw Error(ErrorCode::out_of_memory, "refused");
    return tiles * 0.5;
  }
  at::Tensor compute_fp32(const at::Tensor&, const at::Tensor&, const TensorContext*) override { return {}; }
  std::string subject() const override { return "model"; }
  std::mutex& launching() noexcept override { return launching_; }

  std::int64_t most_;
  ModelInfo model_;
  EngineInfo info_;
  Transfers transfers_{c10::kCPU, CopyMode::beside_work};
  std::mutex launching_;
};

TEST(DevicePass, OutOfMemoryHalvesTheBatchThenTheTileAndNoPixelIsLostOrAddedTwice) {
  const Image photo = noise({200, 150}, Depth::f32);
  SmallRoom room(1 << 30);
  SmallRoom cramped(3000);
  const EnhanceSettings settings{.request = {.tile = 64, .overlap = 16, .batch = 4}};
  const Enhanced expected = enhance_image(photo, room, settings, go);
  EXPECT_TRUE(expected.downgrades.empty());
  const Enhanced made = enhance_image(photo, cramped, settings, go);
  EXPECT_LE(largest_difference(expected.image, made.image), 1e-6);
  ASSERT_EQ(made.downgrades.size(), 3U) << "4 to 2 to 1, then the tile";
  EXPECT_NE(made.downgrades[2].find("tile reduced from 64 x"), std::string::npos) << made.downgrades[2];
}

}  // namespace
}  // namespace hdrtile
