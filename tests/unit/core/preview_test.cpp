#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "hdrtile/enhance.h"
#include "random_cases.h"

namespace hdrtile {
namespace {

using test::Dice;
using test::error_code;
using test::random_image;

Image formula_image(Size size) {
  Image image(size, Depth::f32);
  for (int y = 0; y < size.height; ++y) {
    for (int i = 0; i < 3 * size.width; ++i) {
      image.row<float>(y)[i] = static_cast<float>((i / 3 * 7 + y * 13 + i % 3 * 29) % 101) / 100.0F;
    }
  }
  return image;
}

TEST(Preview, DownsizesAsOpenCvsInterArea) {
  const Preview preview = make_preview(formula_image({7, 5}), 3);
  ASSERT_EQ(preview.size, (Size{3, 2}));
  // cv2.resize(image, (3, 2), interpolation=cv2.INTER_AREA), planar
  const std::vector<float> expected{0.154F, 0.314F,     0.474F,     0.466F,     0.626F,     0.786F,
                                    0.444F, 0.604F,     0.764F,     0.756F,     0.6274286F, 0.3257143F,
                                    0.734F, 0.7497143F, 0.5057143F, 0.4111429F, 0.2537143F, 0.356F};
  ASSERT_EQ(preview.pixels.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(preview.pixels[i], expected[i], 1e-6) << i;
}

TEST(Preview, UpsizesAsOpenCvsInterLinear) {
  const Preview preview = make_preview(formula_image({3, 2}), 7);
  ASSERT_EQ(preview.size, (Size{7, 5}));
  // cv2.resize(image, (7, 5), interpolation=cv2.INTER_LINEAR), first two rows of red
  const std::vector<float> expected{0.0F,   0.01F,  0.04F,  0.07F,  0.1F,   0.13F,  0.14F,
                                    0.013F, 0.023F, 0.053F, 0.083F, 0.113F, 0.143F, 0.153F};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(preview.pixels[i], expected[i], 1e-6) << i;
}

TEST(Preview, LongSideIsExactAndTheMeanStays) {
  Dice dice(4);
  for (int i = 0; i < 60; ++i) {
    const Size size{dice.log_between(1, 900), dice.log_between(1, 900)};
    const int long_side = dice.between(1, 200);
    const Image photo = random_image(dice, size, Depth::u8);
    const Preview preview = make_preview(photo, long_side);
    EXPECT_EQ(std::max(preview.size.width, preview.size.height), long_side);
    EXPECT_GE(std::min(preview.size.width, preview.size.height), 1);
    EXPECT_EQ(preview.pixels.size(), 3U * preview.size.width * preview.size.height);
    if (std::max(size.width, size.height) < long_side) continue;  // bilinear weighs borders more
    double mean = 0;
    double mean_preview = 0;
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) mean += photo.row<std::uint8_t>(y)[3 * x + 1] / 255.0;
    }
    const std::size_t plane = preview.pixels.size() / 3;
    for (std::size_t j = 0; j < plane; ++j) mean_preview += preview.pixels[plane + j];
    EXPECT_NEAR(mean / size.width / size.height, mean_preview / static_cast<double>(plane), 1e-6)
        << size.width << "x" << size.height << " to " << long_side;
  }
}

TEST(Preview, OfBytesIsThatOfTheirFloats) {
  Dice dice(6);
  const Image bytes = random_image(dice, {301, 203}, Depth::u8);
  Image floats(bytes.size(), Depth::f32);
  for (int y = 0; y < bytes.height(); ++y) read_row(bytes, y, 0, bytes.width(), floats.row<float>(y));
  for (const int long_side : {50, 301, 400}) {
    const auto of_bytes = make_preview(bytes, long_side).pixels;
    const auto of_floats = make_preview(floats, long_side).pixels;
    ASSERT_EQ(of_bytes.size(), of_floats.size());
    for (std::size_t i = 0; i < of_bytes.size(); ++i) ASSERT_NEAR(of_bytes[i], of_floats[i], 1e-6) << i;
  }
}

TEST(Preview, ExtremeShapesWork) {
  Dice dice(5);
  EXPECT_EQ(make_preview(random_image(dice, {20000, 20}, Depth::u8), 192).size, (Size{192, 1}));
  EXPECT_EQ(make_preview(random_image(dice, {1, 5000}, Depth::u8), 192).size, (Size{1, 192}));
  EXPECT_EQ(make_preview(random_image(dice, {1, 1}, Depth::u8), 192).size, (Size{192, 192}));
}

TEST(Preview, ThePhotosOwnSizeIsACopyAndWideGamutIsClamped) {
  Image photo({2, 1}, Depth::f32);
  const std::vector<float> values{-0.5F, 0.25F, 2.0F, 0.5F, 1.0F, 0.0F};
  std::copy(values.begin(), values.end(), photo.row<float>(0));
  EXPECT_EQ(make_preview(photo, 2).pixels, (std::vector<float>{0.0F, 0.5F, 0.25F, 1.0F, 1.0F, 0.0F}));
}

TEST(Preview, AModelWithoutContextPxIsAnError) {
  EXPECT_EQ(error_code([] { (void)make_preview(Image({2, 2}, Depth::u8), 0); }), static_cast<int>(ErrorCode::model));
}

}  // namespace
}  // namespace hdrtile
