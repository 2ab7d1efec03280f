// Conversion of a wide-gamut photo to sRGB and back, against lcms's own float transforms between the same profiles.
#include <benchmark/benchmark.h>
#include <lcms2.h>

#include <filesystem>
#include <vector>

#include "against.h"
#include "hdrtile/photo.h"
#include "io/colour.h"

namespace hdrtile {
namespace {

/// Samples of a real photo (7.2 MP), which are then taken as Display P3 ones.
Image sample() {
  return decode_photo(read_file(std::filesystem::path(HDRTILE_SAMPLES) / "living_room.jpg"), "sample").pixels;
}

/// Row by row from floats to floats: what is lent is the time of its curves and its matrix.
class Lcms {
 public:
  Lcms(const Bytes& from, const Bytes& to)
      : from_(cmsOpenProfileFromMem(from.data(), static_cast<cmsUInt32Number>(from.size()))),
        to_(cmsOpenProfileFromMem(to.data(), static_cast<cmsUInt32Number>(to.size()))),
        transform_(cmsCreateTransform(from_, TYPE_RGB_FLT, to_, TYPE_RGB_FLT, INTENT_RELATIVE_COLORIMETRIC,
                                      cmsFLAGS_NOCACHE)) {}
  ~Lcms() {
    cmsDeleteTransform(transform_);
    cmsCloseProfile(from_);
    cmsCloseProfile(to_);
  }
  Lcms(const Lcms&) = delete;
  Lcms& operator=(const Lcms&) = delete;

  void run(const Image& image) const {
    std::vector<float> in(std::size_t{3} * image.width());
    std::vector<float> out(in.size());
    for (int y = 0; y < image.height(); ++y) {
      read_row(image, y, 0, image.width(), in.data());
      cmsDoTransform(transform_, in.data(), out.data(), static_cast<cmsUInt32Number>(image.width()));
      benchmark::DoNotOptimize(out.data());
    }
  }

 private:
  cmsHPROFILE from_;
  cmsHPROFILE to_;
  cmsHTRANSFORM transform_;
};

void count_pixels(benchmark::State& state, const Image& image) {
  state.counters["megapixels"] = 1e-6 * image.width() * image.height();
}

void display_p3_to_srgb(benchmark::State& state) {
  const Image native = sample();
  const Bytes icc = icc_of(Primaries::display_p3);
  const Lcms lcms(icc, icc_of(Primaries::srgb));
  bench::against(
      state, "times_lcms", [&] { benchmark::DoNotOptimize(ColourProfile::open(icc)->to_srgb(native)); },
      [&] { lcms.run(native); });
  count_pixels(state, native);
}
BENCHMARK(display_p3_to_srgb)->UseManualTime()->Unit(benchmark::kMillisecond);

void srgb_to_display_p3(benchmark::State& state) {
  const Bytes icc = icc_of(Primaries::display_p3);
  const Image srgb = ColourProfile::open(icc)->to_srgb(sample());
  const Lcms lcms(icc_of(Primaries::srgb), icc);
  bench::against(
      state, "times_lcms", [&] { benchmark::DoNotOptimize(ColourProfile::open(icc)->from_srgb(srgb, Depth::u8)); },
      [&] { lcms.run(srgb); });
  count_pixels(state, srgb);
}
BENCHMARK(srgb_to_display_p3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hdrtile
