// The engine under core's tile loop: what is tiled must equal what is not.
#include "hdrtile/enhance.h"

#include <gtest/gtest.h>

#include "image_difference.h"
#include "model_factory.h"

namespace hdrtile {
namespace {

using test::largest_difference;
using test::ModelSource;

const CancelFlag not_cancelled = false;

template <typename T>
Image noise(Size size, Depth depth, double scale) {
  Image image(size, depth);
  const auto values = test::ramp(static_cast<std::size_t>(3) * size.width * size.height);
  for (int y = 0; y < size.height; ++y) {
    for (int i = 0; i < 3 * size.width; ++i) {
      image.row<T>(y)[i] = static_cast<T>(values[static_cast<std::size_t>(3) * size.width * y + i] * scale);
    }
  }
  return image;
}

Enhanced enhance(const Image& photo, Engine& engine, int tile, std::optional<int> overlap = {},
                 std::optional<int> batch = {}) {
  return enhance_image(photo, engine, {.request = {.tile = tile, .overlap = overlap, .batch = batch}}, not_cancelled);
}

/// Sees 2 pixels to each side; mirrors its borders as the tile plan does.
ModelSource blur_model(int halo) {
  std::vector<float> kernel = test::ramp(81);
  for (float& weight : kernel) weight /= 13.5F;  // sums to about 1 for each output
  return {.code =
              "def forward(self, x):\n    x = torch.reflection_pad2d(x, [2, 2, 2, 2])\n"
              "    return torch.conv2d(torch.relu(torch.conv2d(x, self.first)), self.second)\n",
          .weights = {{"first", {3, 3, 3, 3}, kernel}, {"second", {3, 3, 3, 3}, kernel}},
          .description = test::description(1, 4, halo)};
}

/// How far tiles of 64 with the least overlap are from the photo as one tile.
double tiling_error(Engine& engine) {
  const Image photo = noise<float>({210, 150}, Depth::f32, 1);
  const auto whole = enhance(photo, engine, TileSpec::whole_image);
  const auto tiled = enhance(photo, engine, 64, 2 * engine.model().halo + TileSpec::min_ramp);
  EXPECT_EQ(whole.plan.tiles.count(), 1);
  EXPECT_GT(tiled.plan.tiles.count(), 6);
  EXPECT_GT(largest_difference(whole.image, photo), 0.1);
  return largest_difference(whole.image, tiled.image);
}

class EnhanceOnEngine : public test::OnDevice {};

INSTANTIATE_TEST_SUITE_P(Devices, EnhanceOnEngine, ::testing::Values("cpu", "cuda"),
                         [](const auto& tested) { return tested.param; });

TEST_P(EnhanceOnEngine, IdentityGivesThePixelsBackForAnyTileOverlapAndBatch) {
  ModelSource source = test::pointwise_model({1, 0, 0, 0, 1, 0, 0, 0, 1});
  source.description = test::description(1, 8, 0);
  const auto model = engine(source);
  for (const Size size : {Size{1, 1}, {300, 1}, {37, 23}, {200, 130}}) {
    const Image eight = noise<std::uint8_t>(size, Depth::u8, 255);
    const Image sixteen = noise<std::uint16_t>(size, Depth::u16, 65535);
    for (const int tile : {64, 128, TileSpec::whole_image}) {
      EXPECT_EQ(largest_difference(eight, enhance(eight, *model, tile, 24, 3).image), 0) << size.width << ' ' << tile;
      EXPECT_EQ(largest_difference(sixteen, enhance(sixteen, *model, tile, 16, 1).image), 0)
          << size.width << ' ' << tile;
    }
  }
}

TEST_P(EnhanceOnEngine, TiledEqualsWholeWhereTheHaloCoversWhatTheModelSees) {
  EXPECT_LE(tiling_error(*engine(blur_model(2))), 1e-5);
}

TEST_P(EnhanceOnEngine, AHaloThatIsTooSmallIsSeen) {  // the test above can fail
  EXPECT_GT(tiling_error(*engine(blur_model(0))), 1e-3);
}

TEST_P(EnhanceOnEngine, ContextualTilesTakeTheirToneFromTheWholePhoto) {
  // The guide is the preview itself, read at global places; no tile computes anything of its own.
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
  const auto model = engine(source);
  for (const Size size : {Size{210, 150}, {3, 2}, {500, 9}}) {
    const Image photo = noise<float>(size, Depth::f32, 1);
    const auto whole = enhance(photo, *model, TileSpec::whole_image);
    EXPECT_LE(largest_difference(whole.image, enhance(photo, *model, 64, 32, 2).image), 1e-5) << size.width;
    EXPECT_GT(largest_difference(whole.image, photo), 1e-2) << size.width;
  }
}

TEST_P(EnhanceOnEngine, TilesDoneAgainInFp32AreReported) {
  const ModelSource source{.code = R"(
def forward(self, x):
    if x.dtype == 6:
        return x * self.gain
    return x * self.gain / torch.zeros_like(x)
)",
                           .weights = {{"gain", {1}, {1.0F}}},
                           .description = test::description(1, 8, 0)};
  const auto model = engine(source, "bf16");
  const Image photo = noise<std::uint8_t>({100, 40}, Depth::u8, 255);
  const auto result = enhance(photo, *model, 64);
  EXPECT_EQ(largest_difference(photo, result.image), 0);
  EXPECT_EQ(result.redone_fp32, result.plan.tiles.count());
  EXPECT_FALSE(result.downgrades.empty());
}

TEST_P(EnhanceOnEngine, UpscalingModelsGiveALargerPhoto) {
  const auto model =
      engine({.code = "def forward(self, x):\n    return torch.upsample_nearest2d(x, [int(x.size(2)) * 2, "
                      "int(x.size(3)) * 2])\n",
              .description = test::description(2, 8, 0)});
  const Image photo = noise<std::uint8_t>({70, 45}, Depth::u8, 255);
  const Image out = enhance(photo, *model, 64).image;
  ASSERT_EQ(out.size(), (Size{140, 90}));
  for (const auto& [x, y] : {std::pair{0, 0}, {69, 44}, {33, 20}}) {
    EXPECT_EQ(out.row<std::uint8_t>(2 * y + 1)[3 * (2 * x + 1)], photo.row<std::uint8_t>(y)[3 * x]);
  }
}

}  // namespace
}  // namespace hdrtile
