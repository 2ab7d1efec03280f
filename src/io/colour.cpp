#include "colour.h"

#include <lcms2.h>
#include <lcms2_plugin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "hdr_profile.h"
#include "hdrtile/error.h"
#include "matrix_profile.h"
#include "srgb_curve.h"

namespace hdrtile {
namespace {

struct CloseProfile {
  void operator()(void* profile) const noexcept { cmsCloseProfile(profile); }
};
struct DeleteTransform {
  void operator()(void* transform) const noexcept { cmsDeleteTransform(transform); }
};
using ContextState = std::remove_pointer_t<cmsContext>;
struct DeleteContext {
  void operator()(ContextState* context) const noexcept { cmsDeleteContext(context); }
};
using Profile = std::unique_ptr<void, CloseProfile>;
using Transform = std::unique_ptr<void, DeleteTransform>;
using Context = std::unique_ptr<ContextState, DeleteContext>;

/// A tag of a few bytes may speak of a table of half a gigabyte, which lcms would take memory for before it reads.
constexpr cmsUInt32Number max_block = 64U << 20U;

Context make_context() {
  static cmsPluginMemHandler limited = [] {
    cmsPluginMemHandler handler{};
    handler.base = {cmsPluginMagicNumber, 2000, cmsPluginMemHandlerSig, nullptr};
    handler.MallocPtr = [](cmsContext, cmsUInt32Number size) { return size > max_block ? nullptr : std::malloc(size); };
    handler.FreePtr = [](cmsContext, void* block) { std::free(block); };
    handler.ReallocPtr = [](cmsContext, void* block, cmsUInt32Number size) {
      return size > max_block ? nullptr : std::realloc(block, size);
    };
    return handler;
  }();
  return Context(cmsCreateContext(&limited, nullptr));
}

/// sRGB's primaries and white with linear light.
Profile linear_srgb(cmsContext context) {
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
  cmsToneCurve* line = cmsBuildGamma(context, 1);
  cmsToneCurve* curves[] = {line, line, line};
  Profile profile(cmsCreateRGBProfileTHR(context, &white, &primaries, curves));
  cmsFreeToneCurve(line);
  return profile;
}

// Float on both sides keeps lcms unbounded; without its one-pixel cache a transform may be used by many threads.
constexpr cmsUInt32Number flags = cmsFLAGS_NOCACHE;
constexpr cmsUInt32Number intent = INTENT_RELATIVE_COLORIMETRIC;

cmsUInt32Number float_format(ColourProfile::Space space) {
  switch (space) {
    case ColourProfile::Space::grey:
      return TYPE_GRAY_FLT;
    case ColourProfile::Space::cmyk:
      return TYPE_CMYK_FLT;
    default:
      return TYPE_RGB_FLT;
  }
}

int channels_of(ColourProfile::Space space) {
  return space == ColourProfile::Space::grey ? 1 : space == ColourProfile::Space::cmyk ? 4 : 3;
}

class LcmsProfile : public ColourProfile {
 public:
  explicit LcmsProfile(ByteView icc)
      : context_(make_context()),
        profile_(cmsOpenProfileFromMemTHR(context_.get(), icc.data(), static_cast<cmsUInt32Number>(icc.size()))),
        srgb_(linear_srgb(context_.get())) {
    if (!profile_ || !srgb_) return;
    const auto format = float_format(space());
    is_table_ = space() == Space::rgb && cmsIsMatrixShaper(profile_.get()) == 0;
    to_srgb_.reset(
        cmsCreateTransformTHR(context_.get(), profile_.get(), format, srgb_.get(), TYPE_RGB_FLT, intent, flags));
    from_srgb_.reset(
        cmsCreateTransformTHR(context_.get(), srgb_.get(), TYPE_RGB_FLT, profile_.get(), format, intent, flags));
  }

  [[nodiscard]] bool usable() const noexcept { return to_srgb_ != nullptr && space() != Space::other; }

  [[nodiscard]] Space space() const noexcept override {
    switch (cmsGetColorSpace(profile_.get())) {
      case cmsSigGrayData:
        return Space::grey;
      case cmsSigRgbData:
        return Space::rgb;
      case cmsSigCmykData:
        return Space::cmyk;
      default:
        return Space::other;
    }
  }

  [[nodiscard]] std::string description() const override {
    std::array<char, 256> text{};
    cmsGetProfileInfoASCII(profile_.get(), cmsInfoDescription, "en", "US", text.data(), text.size());
    text.back() = 0;
    return text[0] != 0 ? text.data() : "unnamed profile";
  }

  [[nodiscard]] bool is_srgb() const override {
    if (space() != Space::rgb && space() != Space::grey) return false;
    const int channels = channels_of(space());
    constexpr int steps = 16;
    const auto differs = [&](const std::array<float, 3>& native) {
      std::array<float, 3> srgb{};
      convert(native.data(), srgb.data(), 1);
      for (int c = 0; c < 3; ++c) {
        if (!(std::abs(srgb[c] - native[channels == 1 ? 0 : c]) <= 0.25F / 255)) return true;  // NaN differs, too
      }
      return false;
    };
    for (int i = 0; i <= steps * steps * steps; ++i) {
      // Greys in fine steps, then a grid of colours.
      const float grey = static_cast<float>(i) / (steps * steps * steps);
      if (i % steps == 0 && differs({grey, grey, grey})) return false;
      const auto level = [](int index) { return static_cast<float>(index % steps) / (steps - 1); };
      if (channels == 3 && i < steps * steps * steps &&
          differs({level(i), level(i / steps), level(i / steps / steps)})) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool is_hdr() const override { return hdrtile::is_hdr(profile_.get()); }

  [[nodiscard]] Image to_srgb(const Image& native) const override {
    Image srgb(native.size(), Depth::f32);
    const auto by_lcms = [this](const auto... arguments) { convert(arguments...); };
    if (const auto tables = matrix_to_srgb(profile_.get(), srgb_.get(), native.depth(), by_lcms)) {
      for (int y = 0; y < native.height(); ++y) tables->convert(native, y, srgb.row<float>(y));
      return srgb;
    }
    std::vector<float> row(static_cast<std::size_t>(native.width()) * native.channels());
    for (int y = 0; y < native.height(); ++y) {
      read_row(native, y, 0, native.width(), row.data());
      scale_ink(row, 100);
      convert(row.data(), srgb.row<float>(y), native.width());
    }
    return srgb;
  }

  [[nodiscard]] Image from_srgb(const Image& srgb, Depth depth) const override {
    if (!from_srgb_) return {};
    Image native(srgb.size(), depth, channels_of(space()));
    const auto by_lcms = [this](const auto... arguments) { convert_back(arguments...); };
    const auto tables = matrix_from_srgb(profile_.get(), srgb_.get(), depth, by_lcms);
    std::vector<float> row(static_cast<std::size_t>(native.width()) * native.channels());
    for (int y = 0; y < native.height(); ++y) {
      if (tables) {
        tables->convert(srgb.row<float>(y), row.data(), native.width());
      } else {
        convert_back(srgb.row<float>(y), row.data(), native.width());
        scale_ink(row, 0.01F);
      }
      write_row(native, y, 0, native.width(), row.data());
    }
    return native;
  }

 private:
  /// Native samples to encoded sRGB. Its curve is not lcms's, which would go on along the steep line at black: that
  /// makes -2.9 of a green that is -0.5.
  void convert(const float* native, float* srgb, int pixels) const {
    cmsDoTransform(to_srgb_.get(), native, srgb, static_cast<cmsUInt32Number>(pixels));
    encode_srgb(srgb, std::size_t{3} * pixels);
  }

  void convert_back(const float* srgb, float* native, int pixels) const {
    std::vector<float> light(srgb, srgb + 3 * static_cast<std::ptrdiff_t>(pixels));
    decode_srgb(light.data(), light.size());
    cmsDoTransform(from_srgb_.get(), light.data(), native, static_cast<cmsUInt32Number>(pixels));
    if (is_table_) refine(srgb, light, native);
  }

  /// The table that leads back is only near the inverse of the one that led here, by two CIEDE2000 and more. So what it
  /// missed is aimed at anew, pixel by pixel, as long as that comes nearer.
  void refine(const float* srgb, const std::vector<float>& light, float* native) const {
    constexpr int most_rounds = 16;
    constexpr float near_enough = 0.05F / 255;
    std::vector<float> aim = light;
    std::vector<float> nearest(light.size() / 3, std::numeric_limits<float>::max());
    std::vector<std::size_t> open(nearest.size());  // pixels that are not near enough
    std::iota(open.begin(), open.end(), std::size_t{0});
    std::vector<float> tried(native, native + light.size());
    for (int round = 0; round < most_rounds && !open.empty(); ++round) {
      std::vector<float> aims(3 * open.size());
      if (round > 0) {
        for (std::size_t i = 0; i < open.size(); ++i) std::copy_n(&aim[3 * open[i]], 3, &aims[3 * i]);
        cmsDoTransform(from_srgb_.get(), aims.data(), tried.data(), static_cast<cmsUInt32Number>(open.size()));
      }
      for (float& value : tried) value = std::clamp(value, 0.0F, 1.0F);  // what a file can hold
      cmsDoTransform(to_srgb_.get(), tried.data(), aims.data(), static_cast<cmsUInt32Number>(open.size()));
      std::vector<float> seen = aims;
      encode_srgb(seen.data(), seen.size());
      std::size_t left = 0;
      for (std::size_t i = 0; i < open.size(); ++i) {
        const std::size_t pixel = open[i];
        float miss = 0;
        for (int c = 0; c < 3; ++c) {
          miss += std::abs(srgb[3 * pixel + c] - seen[3 * i + c]);
          aim[3 * pixel + c] += light[3 * pixel + c] - aims[3 * i + c];
        }
        if (miss < nearest[pixel]) {
          nearest[pixel] = miss;
          std::copy_n(&tried[3 * i], 3, &native[3 * pixel]);
        }
        if (miss > near_enough) open[left++] = pixel;
      }
      open.resize(left);
      tried.resize(3 * left);
    }
  }

  /// lcms counts ink in percent.
  void scale_ink(std::vector<float>& row, float factor) const {
    if (space() != Space::cmyk) return;
    for (float& value : row) value *= factor;
  }

  Context context_;  // outlives what was made in it
  Profile profile_;
  Profile srgb_;  // linear
  Transform to_srgb_;
  Transform from_srgb_;
  bool is_table_ = false;  // RGB by tables rather than by a matrix and curves
};

}  // namespace

std::shared_ptr<const ColourProfile> ColourProfile::open(ByteView icc) {
  if (icc.empty()) return nullptr;
  auto profile = std::make_shared<LcmsProfile>(icc);
  return profile->usable() ? profile : nullptr;
}

Bytes icc_of(Primaries primaries) {
  const Context context(cmsCreateContext(nullptr, nullptr));
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  const std::array<cmsCIExyYTRIPLE, 4> colours = {{{{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}},
                                                   {{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}},
                                                   {{0.708, 0.292, 1}, {0.170, 0.797, 1}, {0.131, 0.046, 1}},
                                                   {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}}}};
  constexpr std::array names = {"sRGB", "Display P3", "BT.2020 with sRGB's curve", "Compatible with Adobe RGB (1998)"};
  const auto which = static_cast<std::size_t>(primaries);
  const std::array<cmsFloat64Number, 5> curve = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  constexpr double adobe_gamma = 563.0 / 256;
  cmsToneCurve* tone = primaries == Primaries::adobe_rgb ? cmsBuildGamma(context.get(), adobe_gamma)
                                                         : cmsBuildParametricToneCurve(context.get(), 4, curve.data());
  cmsToneCurve* tones[] = {tone, tone, tone};
  const Profile profile(cmsCreateRGBProfileTHR(context.get(), &white, &colours.at(which), tones));
  cmsFreeToneCurve(tone);
  cmsMLU* const name = cmsMLUalloc(context.get(), 1);
  cmsMLUsetASCII(name, "en", "US", names.at(which));
  cmsWriteTag(profile.get(), cmsSigProfileDescriptionTag, name);
  cmsMLUfree(name);
  cmsUInt32Number size = 0;
  if (!profile || cmsSaveProfileToMem(profile.get(), nullptr, &size) == 0)
    throw Error(ErrorCode::out_of_memory, "no memory for a colour profile");
  Bytes icc(size);
  cmsSaveProfileToMem(profile.get(), icc.data(), &size);
  return icc;
}

std::optional<Primaries> wide_primaries(int number) noexcept {
  constexpr int display_p3 = 12;
  constexpr int bt2020 = 9;
  if (number == display_p3) return Primaries::display_p3;
  if (number == bt2020) return Primaries::bt2020;
  return std::nullopt;
}

}  // namespace hdrtile
