#include "colour.h"

#include <lcms2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include "hdrtile/error.h"

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
      : context_(cmsCreateContext(nullptr, nullptr)),
        profile_(cmsOpenProfileFromMemTHR(context_.get(), icc.data(), static_cast<cmsUInt32Number>(icc.size()))),
        srgb_(cmsCreate_sRGBProfileTHR(context_.get())) {
    if (!profile_ || !srgb_) return;
    const auto format = float_format(space());
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
      cmsDoTransform(to_srgb_.get(), native.data(), srgb.data(), 1);
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

  [[nodiscard]] Image to_srgb(const Image& native) const override {
    Image srgb(native.size(), Depth::f32);
    std::vector<float> row(static_cast<std::size_t>(native.width()) * native.channels());
    for (int y = 0; y < native.height(); ++y) {
      read_row(native, y, 0, native.width(), row.data());
      scale_ink(row, 100);
      cmsDoTransform(to_srgb_.get(), row.data(), srgb.row<float>(y), static_cast<cmsUInt32Number>(native.width()));
    }
    return srgb;
  }

  [[nodiscard]] Image from_srgb(const Image& srgb, Depth depth) const override {
    if (!from_srgb_) return {};
    Image native(srgb.size(), depth, channels_of(space()));
    std::vector<float> row(static_cast<std::size_t>(native.width()) * native.channels());
    for (int y = 0; y < native.height(); ++y) {
      cmsDoTransform(from_srgb_.get(), srgb.row<float>(y), row.data(), static_cast<cmsUInt32Number>(native.width()));
      scale_ink(row, 0.01F);
      write_row(native, y, row.data());
    }
    return native;
  }

 private:
  /// lcms counts ink in percent.
  void scale_ink(std::vector<float>& row, float factor) const {
    if (space() != Space::cmyk) return;
    for (float& value : row) value *= factor;
  }

  Context context_;  // outlives what was made in it
  Profile profile_;
  Profile srgb_;
  Transform to_srgb_;
  Transform from_srgb_;
};

}  // namespace

std::shared_ptr<const ColourProfile> ColourProfile::open(ByteView icc) {
  if (icc.empty()) return nullptr;
  auto profile = std::make_shared<LcmsProfile>(icc);
  return profile->usable() ? profile : nullptr;
}

}  // namespace hdrtile
