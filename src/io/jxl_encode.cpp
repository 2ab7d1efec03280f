#include <jxl/encode.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "colour.h"
#include "jxl_codec.h"
#include "samples.h"

namespace hdrtile {
namespace {

struct Destroy {
  void operator()(JxlEncoder* encoder) const noexcept { JxlEncoderDestroy(encoder); }
};

void check(JxlEncoderStatus status) {
  if (status != JXL_ENC_SUCCESS) {
    throw Error(ErrorCode::unsupported, "libjxl cannot write the result; use --format jpeg or tiff");
  }
}

/// libjxl's distance for a quality as JPEGs count it (JxlEncoderDistanceFromQuality of libjxl 0.9 and later).
float distance_of(int quality) {
  const auto q = static_cast<float>(quality);
  if (quality >= 100) return 0;
  return quality >= 30 ? 0.1F + (100 - q) * 0.09F : 53.0F / 3000.0F * q * q - 23.0F / 20.0F * q + 25.0F;
}

void add_box(JxlEncoder* encoder, const char* type, ByteView data) {
  if (!data.empty()) check(JxlEncoderAddBox(encoder, type, data.data(), data.size(), JXL_FALSE));
}

void describe(JxlEncoder* encoder, const EncodeInput& input, bool lossless) {
  const Image& pixels = input.pixels;
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = static_cast<std::uint32_t>(pixels.width());
  info.ysize = static_cast<std::uint32_t>(pixels.height());
  info.bits_per_sample = static_cast<std::uint32_t>(8 * bytes_per_sample(pixels.depth()));
  info.exponent_bits_per_sample = pixels.depth() == Depth::f32 ? 8 : 0;
  info.num_color_channels = static_cast<std::uint32_t>(pixels.channels());
  if (!input.alpha.empty()) {
    info.num_extra_channels = 1;
    info.alpha_bits = info.bits_per_sample;
    info.alpha_exponent_bits = info.exponent_bits_per_sample;
  }
  // With a profile of its own the picture stays in it: libjxl would give back what it has turned into XYB as sRGB.
  const auto profile = ColourProfile::open(input.metadata.icc);
  const bool has_own_colours = profile && !profile->is_srgb();
  info.uses_original_profile = lossless || has_own_colours ? JXL_TRUE : JXL_FALSE;
  check(JxlEncoderSetBasicInfo(encoder, &info));
  if (has_own_colours) {
    check(JxlEncoderSetICCProfile(encoder, input.metadata.icc.data(), input.metadata.icc.size()));
    return;
  }
  JxlColorEncoding srgb;
  JxlColorEncodingSetToSRGB(&srgb, pixels.channels() == 1 ? JXL_TRUE : JXL_FALSE);
  check(JxlEncoderSetColorEncoding(encoder, &srgb));
}

/// libjxl ends the process over lossy samples far beyond white: those of no picture, but of broken float files. A copy
/// without such; empty where there are none.
Image without_extremes(const Image& samples, Warnings& warnings) {
  constexpr float most = 10'000;
  if (samples.depth() != Depth::f32) return {};
  const auto clip = [&](float value) { return std::clamp(value, -most, most); };
  Image clipped;
  for (int y = 0; y < samples.height(); ++y) {
    const std::span<const float> row(samples.row<float>(y),
                                     static_cast<std::size_t>(samples.width()) * samples.channels());
    if (std::ranges::all_of(row, [&](float value) { return clip(value) == value; })) continue;
    if (clipped.empty()) clipped = to_depth(samples, Depth::f32);
    std::ranges::transform(row, clipped.row<float>(y), clip);
  }
  if (!clipped.empty()) {
    warnings.emplace_back("values far beyond white were clipped: a lossy JPEG XL holds none; --quality 100 keeps them");
  }
  return clipped;
}

Bytes finish(JxlEncoder* encoder) {
  JxlEncoderCloseInput(encoder);
  Bytes file(1U << 20U);
  std::size_t filled = 0;
  for (;;) {
    std::uint8_t* next = file.data() + filled;
    std::size_t room = file.size() - filled;
    const JxlEncoderStatus status = JxlEncoderProcessOutput(encoder, &next, &room);
    filled = file.size() - room;
    if (status == JXL_ENC_SUCCESS) break;
    if (status != JXL_ENC_NEED_MORE_OUTPUT) check(status);
    file.resize(2 * file.size());
  }
  file.resize(filled);
  return file;
}

}  // namespace

Bytes encode_jxl(const EncodeInput& input, Warnings& warnings) {
  const std::unique_ptr<JxlEncoder, Destroy> encoder(JxlEncoderCreate(nullptr));
  if (!encoder) throw Error(ErrorCode::out_of_memory, "JPEG XL encoder: no memory");
  const bool lossless = input.quality >= 100;
  check(JxlEncoderUseContainer(encoder.get(), JXL_TRUE));
  check(JxlEncoderUseBoxes(encoder.get()));
  describe(encoder.get(), input, lossless);
  if (!input.metadata.exif.empty()) {
    Bytes box(4);  // the block follows at once
    append(box, input.metadata.exif);
    add_box(encoder.get(), "Exif", box);
  }
  add_box(encoder.get(), "xml ", as_bytes(input.metadata.xmp.packet));
  JxlEncoderCloseBoxes(encoder.get());

  JxlEncoderFrameSettings* const settings = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
  check(JxlEncoderSetFrameLossless(settings, lossless ? JXL_TRUE : JXL_FALSE));
  if (!lossless) check(JxlEncoderSetFrameDistance(settings, distance_of(input.quality)));
  const Image merged = input.alpha.empty() ? Image() : merge_alpha(input.pixels, input.alpha);
  const Image& all = merged.empty() ? input.pixels : merged;
  const Image clipped = lossless ? Image() : without_extremes(all, warnings);
  const Image& samples = clipped.empty() ? all : clipped;
  constexpr std::array types = {JXL_TYPE_UINT8, JXL_TYPE_UINT16, JXL_TYPE_FLOAT};  // as Depth counts
  const JxlPixelFormat format{.num_channels = static_cast<std::uint32_t>(samples.channels()),
                              .data_type = types.at(static_cast<std::size_t>(samples.depth())),
                              .endianness = JXL_NATIVE_ENDIAN,
                              .align = 0};
  check(JxlEncoderAddImageFrame(settings, &format, samples.row_data(0), samples.bytes()));
  return finish(encoder.get());
}

}  // namespace hdrtile
