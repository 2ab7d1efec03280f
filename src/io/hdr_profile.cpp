#include "hdr_profile.h"

#include <lcms2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "decoded.h"

namespace hdrtile {
namespace {

/// By its signature: not every lcms has the tag's name.
constexpr auto cicp_tag = static_cast<cmsTagSignature>(0x63696370);

bool has_hdr_number(cmsHPROFILE profile) {
  std::array<std::uint8_t, 12> tag{};  // "cicp" 4, zeros 4, primaries 1, transfer 1, matrix 1, range 1
  constexpr std::size_t transfer = 9;
  return cmsReadRawTag(profile, cicp_tag, tag.data(), tag.size()) == tag.size() && is_hdr_transfer(tag[transfer]);
}

// Light of a sample by ITU-R BT.2100: relative to 10,000 cd/m2, and to the brightest of the scene.
double pq_light(double sample) {
  constexpr double c1 = 3424.0 / 4096;
  constexpr double c2 = 2413.0 / 128;
  constexpr double c3 = 2392.0 / 128;
  const double root = std::pow(sample, 32.0 / 2523);
  return std::pow(std::max(root - c1, 0.0) / (c2 - c3 * root), 16384.0 / 2610);
}

double hlg_light(double sample) {
  constexpr double a = 0.17883277;
  constexpr double b = 1 - 4 * a;
  const double c = 0.5 - a * std::log(4 * a);
  return sample <= 0.5 ? sample * sample / 3 : (std::exp((sample - c) / a) + b) / 12;
}

bool follows(const cmsToneCurve* curve, double (*light)(double sample)) {
  constexpr int steps = 32;
  for (int i = 0; i <= steps; ++i) {
    const double sample = static_cast<double>(i) / steps;
    const double expected = light(sample);
    const double found = cmsEvalToneCurveFloat(curve, static_cast<float>(sample));
    if (!(std::abs(found - expected) <= 0.001 + 0.02 * expected)) return false;  // tables are coarse; NaN differs, too
  }
  return true;
}

}  // namespace

bool is_hdr(void* profile) {
  if (has_hdr_number(profile)) return true;
  return std::ranges::any_of(std::array{cmsSigGreenTRCTag, cmsSigGrayTRCTag}, [&](cmsTagSignature tag) {
    const auto* curve = static_cast<const cmsToneCurve*>(cmsReadTag(profile, tag));
    return curve != nullptr && (follows(curve, pq_light) || follows(curve, hlg_light));
  });
}

}  // namespace hdrtile
