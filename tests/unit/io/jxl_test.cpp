#include <jxl/encode.h>

#include <cmath>
#include <limits>
#include <memory>

#include "files.h"
#include "hdrtile/compare.h"

namespace hdrtile::test {
namespace {

class Jxl : public testing::Test {
 protected:
  static Photo photo(Image pixels, Depth depth) {
    Photo made;
    made.format = Format::jxl;
    made.file_depth = depth;
    made.pixels = std::move(pixels);
    return made;
  }
};

TEST_F(Jxl, Quality100LosesNothing) {
  for (const Depth depth : {Depth::u8, Depth::u16, Depth::f32}) {
    for (const bool has_alpha : {false, true}) {
      for (const Size size : {Size{37, 19}, Size{1, 1}}) {
        Photo before = photo(noise(size, depth), depth);
        if (has_alpha) before.alpha = noise(size, depth, 1, 2);
        const Photo after = decode(encode(before, {.quality = 100}));
        EXPECT_EQ(after.format, Format::jxl);
        EXPECT_EQ(after.file_depth, depth);
        EXPECT_EQ(samples(after.pixels), samples(before.pixels));
        ASSERT_EQ(after.alpha.empty(), !has_alpha);
        if (has_alpha) {
          EXPECT_EQ(samples(after.alpha), samples(before.alpha));
        }
      }
    }
  }
}

TEST_F(Jxl, ValuesThatAreNoNumbersAreBlackAndTold) {
  Photo before = photo(noise({16, 9}, Depth::f32), Depth::f32);
  before.pixels.row<float>(3)[7] = std::numeric_limits<float>::quiet_NaN();
  const Photo after = decode(encode(before, {.quality = 100}));
  EXPECT_TRUE(contains(after.warnings, "no numbers"));
  for (const float value : samples(after.pixels)) EXPECT_TRUE(std::isfinite(value));
}

// libjxl ends the process over lossy samples of 1e12.
TEST_F(Jxl, ValuesThatNoPictureHasAreClippedAndToldWhereTheyAreLossy) {
  Photo before = photo(noise({40, 40}, Depth::f32), Depth::f32);
  for (const float value : {1e12F, -1e30F, 3e38F}) {
    before.pixels.row<float>(9)[27] = value;
    for (const int quality : {10, 92, 99}) {
      Warnings warnings;
      EXPECT_EQ(decode(encode(before, {.quality = quality}, &warnings)).pixels.size(), before.pixels.size());
      EXPECT_TRUE(contains(warnings, "--quality 100 keeps them"));
    }
    Warnings warnings;
    EXPECT_EQ(samples(decode(encode(before, {.quality = 100}, &warnings)).pixels), samples(before.pixels));
    EXPECT_TRUE(warnings.empty());
  }
}

TEST_F(Jxl, LowerQualityIsSmallerAndClose) {
  const Photo before = photo(gradient({200, 150}, Depth::u16), Depth::u16);
  const Bytes high = encode(before, {.quality = 95});
  const Bytes low = encode(before, {.quality = 40});
  EXPECT_LT(low.size(), high.size());
  EXPECT_GT(compare_photos(before, decode(high)).psnr_db, 40);
}

TEST_F(Jxl, GreyStaysGrey) {
  Photo before = decode(make_jpeg({.components = 1}));
  const Photo after = decode(encode(before, {.format = Format::jxl, .quality = 100}));
  EXPECT_TRUE(after.grey);
  EXPECT_EQ(samples(after.pixels), samples(before.pixels));
}

/// What the codestream says of a picture, brighter to the right.
struct JxlSpec {
  Size size{32, 20};
  JxlOrientation orientation = JXL_ORIENT_IDENTITY;
  JxlTransferFunction transfer = JXL_TRANSFER_FUNCTION_SRGB;
  bool lossless = true;
};

Bytes make_jxl(const JxlSpec& spec) {
  const std::unique_ptr<JxlEncoder, decltype(&JxlEncoderDestroy)> encoder(JxlEncoderCreate(nullptr), JxlEncoderDestroy);
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = static_cast<std::uint32_t>(spec.size.width);
  info.ysize = static_cast<std::uint32_t>(spec.size.height);
  info.bits_per_sample = 8;
  info.num_color_channels = 3;
  info.uses_original_profile = spec.lossless ? JXL_TRUE : JXL_FALSE;
  info.orientation = spec.orientation;
  JxlEncoderSetBasicInfo(encoder.get(), &info);
  JxlColorEncoding colours;
  JxlColorEncodingSetToSRGB(&colours, JXL_FALSE);
  colours.transfer_function = spec.transfer;
  JxlEncoderSetColorEncoding(encoder.get(), &colours);
  JxlEncoderFrameSettings* settings = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
  JxlEncoderSetFrameLossless(settings, spec.lossless ? JXL_TRUE : JXL_FALSE);
  const Image pixels =
      make_image(spec.size, Depth::u8, 3, [&](int x, int, int) { return static_cast<double>(x) / spec.size.width; });
  const JxlPixelFormat format{
      .num_channels = 3, .data_type = JXL_TYPE_UINT8, .endianness = JXL_NATIVE_ENDIAN, .align = 0};
  JxlEncoderAddImageFrame(settings, &format, pixels.row_data(0), pixels.bytes());
  JxlEncoderCloseInput(encoder.get());
  Bytes file(1U << 16U);
  std::uint8_t* next = file.data();
  std::size_t room = file.size();
  EXPECT_EQ(JxlEncoderProcessOutput(encoder.get(), &next, &room), JXL_ENC_SUCCESS);
  file.resize(file.size() - room);
  return file;
}

TEST_F(Jxl, IsTurnedByItsCodestream) {
  const Bytes file = make_jxl({.orientation = JXL_ORIENT_ROTATE_90_CW});
  EXPECT_EQ(read_header(file, "photo").size, (Size{20, 32}));
  const Photo turned = decode(file);
  ASSERT_EQ(turned.pixels.size(), (Size{20, 32}));
  const auto values = samples(turned.pixels);
  EXPECT_LT(values[3 * (2 * 20 + 10)], values[3 * (30 * 20 + 10)]) << "to the right becomes down";
  EXPECT_EQ(decode(encode(turned, {.quality = 100})).pixels.size(), (Size{20, 32})) << "not turned twice";
}

TEST_F(Jxl, HdrIsRefused) {
  for (const JxlTransferFunction transfer : {JXL_TRANSFER_FUNCTION_PQ, JXL_TRANSFER_FUNCTION_HLG}) {
    for (const bool lossless : {true, false}) {
      const Bytes file = make_jxl({.transfer = transfer, .lossless = lossless});
      expect_error(ErrorCode::unsupported, "HDR", [&] { (void)decode(file); });
      expect_error(ErrorCode::unsupported, "HDR", [&] { (void)read_header(file, "photo"); });
    }
  }
}

TEST_F(Jxl, CutShortIsAnError) {
  const Bytes file = encode(photo(noise({64, 48}, Depth::u8), Depth::u8), {.quality = 100});
  for (const double share : {0.1, 0.5, 0.9, 0.99}) {
    const ByteView cut = ByteView(file).first(static_cast<std::size_t>(share * static_cast<double>(file.size())));
    expect_error(ErrorCode::input, "truncated or damaged JPEG XL", [&] { (void)decode(cut); });
  }
}

TEST_F(Jxl, ATooLargeOneIsRefusedBeforeItTakesMemory) {
  const Bytes file = encode(photo(gradient({128, 96}), Depth::u8));
  expect_error(ErrorCode::limit, "too large", [&] { (void)decode_photo(file, "photo", {.max_pixels = 1000}); });
}

}  // namespace
}  // namespace hdrtile::test
