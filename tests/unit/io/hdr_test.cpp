#include <lcms2.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "colour.h"
#include "files.h"
#include "png_chunks.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

constexpr int srgb_number = 13;  // of transfers, in ITU-T H.273
constexpr int pq_number = 16;
constexpr int hlg_number = 18;

/// A profile with a cicp tag that names its transfer, and curves that say nothing of it.
Bytes numbered(const Bytes& profile, int transfer) {
  cmsHPROFILE opened = cmsOpenProfileFromMem(profile.data(), static_cast<cmsUInt32Number>(profile.size()));
  const Bytes tag{'c', 'i', 'c', 'p', 0, 0, 0, 0, 9, static_cast<std::uint8_t>(transfer), 0, 1};
  cmsWriteRawTag(opened, static_cast<cmsTagSignature>(0x63696370), tag.data(),
                 static_cast<cmsUInt32Number>(tag.size()));
  return save_profile(opened);
}

/// BT.2020's primaries, or grey, with a table for a curve.
Bytes with_curve(const std::function<double(double)>& light, int channels = 3) {
  std::vector<float> table(4096);
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = static_cast<float>(light(static_cast<double>(i) / static_cast<double>(table.size() - 1)));
  cmsToneCurve* curve =
      cmsBuildTabulatedToneCurveFloat(nullptr, static_cast<cmsUInt32Number>(table.size()), table.data());
  cmsToneCurve* curves[3] = {curve, curve, curve};
  const cmsCIExyY white = {0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE primaries = {{0.708, 0.292, 1}, {0.170, 0.797, 1}, {0.131, 0.046, 1}};
  cmsHPROFILE profile =
      channels == 1 ? cmsCreateGrayProfile(cmsD50_xyY(), curve) : cmsCreateRGBProfile(&white, &primaries, curves);
  cmsFreeToneCurve(curve);
  return save_profile(profile);
}

double pq(double sample) {
  const double root = std::pow(sample, 32 / 2523.0);
  return std::pow(std::max(root - 107 / 128.0, 0.0) / (2413 / 128.0 - 2392 / 128.0 * root), 8192 / 1305.0);
}

double hlg(double sample) {
  return sample <= 0.5 ? sample * sample / 3 : (std::exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12;
}

Bytes png_with(const Bytes& icc, bool grey = false) {
  Metadata metadata;
  metadata.icc = icc;
  PngSpec spec{.colour_type = grey ? 0 : 2};
  for (const auto& chunk : make_png_chunks(metadata)) spec.chunks.emplace_back(chunk.kind, chunk.data);
  return make_png(spec, png_noise(spec));
}

void expect_refused(const Bytes& file, const std::string& about) {
  SCOPED_TRACE(about);
  expect_error(ErrorCode::unsupported, "photo: is HDR", [&] { (void)decode_photo(file, "photo"); });
  expect_error(ErrorCode::unsupported, "photo: is HDR", [&] { (void)read_header(file, "photo"); });
}

TEST(Hdr, ToldByTheProfileAloneIsRefusedInEveryFormat) {
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes || !facts.reads) continue;
    Photo photo;
    photo.pixels = gradient({32, 32});
    photo.format = facts.format;
    for (const int transfer : {pq_number, hlg_number}) {
      Metadata metadata;
      metadata.icc = numbered(display_p3_profile(), transfer);
      photo.metadata = std::make_shared<const Metadata>(metadata);
      expect_refused(encode(photo), std::string(facts.id));
    }
  }
}

TEST(Hdr, IsToldByTheCurvesOfAProfile) {
  expect_refused(png_with(with_curve(pq)), "PQ");
  expect_refused(png_with(with_curve(hlg)), "HLG");
  expect_refused(png_with(with_curve(hlg, 1), true), "HLG, grey");
  expect_refused(png_with(with_curve(pq), true), "PQ for RGB, beside grey samples");
}

TEST(Hdr, IsToldByTheNameThatW3cGaveItInPngs) {
  Metadata metadata;
  metadata.icc = rec2020_profile();
  const Bytes usual = make_png_chunks(metadata).front().data;
  Bytes named;
  append(named, std::string_view("ITUR_2100_PQ_FULL"));
  append(named, ByteView(usual).subspan(std::string_view("ICC Profile").size()));
  PngSpec spec;
  spec.chunks.emplace_back("iCCP", named);
  expect_refused(make_png(spec, png_noise(spec)), "its profile is only near to it");
}

TEST(Hdr, OrdinaryProfilesAreNoHdr) {
  for (const Bytes& profile :
       {srgb_profile(), display_p3_profile(), adobe_rgb_profile(), pro_photo_profile(), rec2020_profile(),
        table_rgb_profile(), numbered(display_p3_profile(), srgb_number), with_curve([](double x) { return x; }),
        with_curve([](double x) { return std::pow(x, 2.4); }), with_curve([](double x) { return std::pow(x, 3.6); })}) {
    EXPECT_NO_THROW((void)decode(png_with(profile)));
  }
  EXPECT_NO_THROW((void)decode(png_with(grey_profile(2.2), true)));
}

}  // namespace
}  // namespace hdrtile::test
