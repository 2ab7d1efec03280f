#include <cmath>

#include "codec.h"
#include "colour.h"
#include "exif.h"
#include "files.h"
#include "hdrtile/compare.h"
#include "heif_handles.h"
#include "profiles.h"

namespace hdrtile::test {
namespace {

class Heif : public testing::TestWithParam<Format> {
 protected:
  void SetUp() override {
    if (!facts_of(GetParam()).reads || !facts_of(GetParam()).writes) GTEST_SKIP() << "this libheif cannot";
  }

  [[nodiscard]] Photo photo(Size size, Depth depth, bool alpha = false) const {
    Photo made;
    made.format = GetParam();
    made.file_depth = depth;
    made.pixels = gradient(size, depth);
    if (alpha) made.alpha = make_image(size, depth, 1, [&](int x, int, int) { return (x + 0.5) / size.width; });
    return made;
  }

  /// What libheif writes when told how the picture is turned and which colours it has, with EXIF that says otherwise.
  [[nodiscard]] Bytes stored(Size size, heif_orientation orientation, int primaries, int transfer,
                             const Bytes& icc = {}) const {
    const HeifContext context(heif_context_alloc());
    heif_image* made = nullptr;
    heif_image_create(size.width, size.height, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &made);
    const HeifImage image(made);
    heif_image_add_plane(made, heif_channel_interleaved, size.width, size.height, 8);
    int stride = 0;
    std::uint8_t* plane = heif_image_get_plane(made, heif_channel_interleaved, &stride);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        for (int c = 0; c < 3; ++c) plane[y * stride + 3 * x + c] = static_cast<std::uint8_t>(255 * x / size.width);
      }
    }
    const std::unique_ptr<heif_color_profile_nclx, Release<heif_nclx_color_profile_free>> nclx(
        heif_nclx_color_profile_alloc());
    heif_nclx_color_profile_set_color_primaries(nclx.get(), static_cast<std::uint16_t>(primaries));
    heif_nclx_color_profile_set_transfer_characteristics(nclx.get(), static_cast<std::uint16_t>(transfer));
    heif_image_set_nclx_color_profile(made, nclx.get());
    if (!icc.empty()) heif_image_set_raw_color_profile(made, "prof", icc.data(), icc.size());
    const std::unique_ptr<heif_encoding_options, Release<heif_encoding_options_free>> options(
        heif_encoding_options_alloc());
    options->image_orientation = orientation;
    options->output_nclx_profile = nclx.get();
    options->macOS_compatibility_workaround_no_nclx_profile = 0;
    heif_encoder* found = nullptr;
    heif_context_get_encoder_for_format(
        context.get(), GetParam() == Format::avif ? heif_compression_AV1 : heif_compression_HEVC, &found);
    const std::unique_ptr<heif_encoder, Release<heif_encoder_release>> encoder(found);
    heif_encoder_set_lossy_quality(found, 95);
    heif_image_handle* written = nullptr;
    EXPECT_EQ(heif_context_encode_image(context.get(), made, found, options.get(), &written).code, heif_error_Ok);
    const HeifHandle handle(written);
    const Bytes exif = make_exif({.orientation = 6, .size = size});
    heif_context_add_exif_metadata(context.get(), written, exif.data(), static_cast<int>(exif.size()));
    Bytes file;
    heif_writer writer{.writer_api_version = 1, .write = [](heif_context*, const void* data, std::size_t n, void* out) {
                         append(*static_cast<Bytes*>(out), ByteView(static_cast<const std::uint8_t*>(data), n));
                         return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                       }};
    heif_context_write(context.get(), &writer, &file);
    return file;
  }
};

INSTANTIATE_TEST_SUITE_P(Formats, Heif, testing::Values(Format::heic, Format::avif),
                         [](const auto& kind) { return std::string(facts_of(kind.param).id); });

TEST_P(Heif, KeepsThePictureAt8BitAndMore) {
  for (const Depth depth : {Depth::u8, Depth::u16}) {
    for (const Size size : {Size{128, 96}, Size{65, 33}, Size{1, 1}}) {
      const Photo before = photo(size, depth);
      const Photo after = decode(encode(before, {.quality = 98}));
      EXPECT_EQ(after.format, GetParam());
      EXPECT_EQ(after.file_depth, depth);
      ASSERT_EQ(after.pixels.size(), size);
      EXPECT_GT(compare_photos(before, after).psnr_db, size.width > 1 ? 38 : 30) << size.width;
    }
  }
}

TEST_P(Heif, CarriesAlpha) {
  const Photo before = photo({64, 48}, Depth::u8, true);
  const Photo after = decode(encode(before, {.quality = 98}));
  ASSERT_FALSE(after.alpha.empty());
  EXPECT_NEAR(samples(after.alpha)[20], samples(before.alpha)[20], 0.03);
}

TEST_P(Heif, IsTurnedByItsContainerNotByExif) {
  const Bytes file = stored({64, 48}, heif_orientation_rotate_90_cw, 1, 13);
  EXPECT_EQ(read_header(file, "photo").size, (Size{48, 64}));
  const Photo turned = decode(file);
  ASSERT_EQ(turned.pixels.size(), (Size{48, 64}));
  const auto values = samples(turned.pixels);
  EXPECT_LT(values[3 * (8 * 48 + 20)], values[3 * (56 * 48 + 20)]) << "to the right becomes down";
  const Bytes written = encode(turned);
  EXPECT_EQ(decode(written).pixels.size(), (Size{48, 64})) << "not turned twice";
  EXPECT_EQ(read_header(encode(turned, {.format = Format::jpeg}), "photo").orientation, 1);

  const Photo upright = decode(stored({64, 48}, heif_orientation_normal, 1, 13));
  EXPECT_EQ(upright.pixels.size(), (Size{64, 48})) << "EXIF says 6, and does not count";
}

TEST_P(Heif, ColoursByNumberAreUnderstood) {
  EXPECT_TRUE(decode(stored({32, 32}, heif_orientation_normal, 1, 13)).profile.empty());
  EXPECT_EQ(decode(stored({32, 32}, heif_orientation_normal, 12, 13)).profile, "Display P3");
  expect_error(ErrorCode::unsupported, "HDR", [&] { (void)decode(stored({32, 32}, heif_orientation_normal, 9, 16)); });
}

TEST_P(Heif, HdrIsRefusedBesideAProfile) {
  for (const int transfer : {16, 18}) {
    const Bytes file = stored({32, 32}, heif_orientation_normal, 9, transfer, rec2020_profile());
    if (!contains(file, as_bytes("colrnclx"))) GTEST_SKIP() << "this libheif writes the one or the other";
    expect_error(ErrorCode::unsupported, "HDR", [&] { (void)decode(file); });
  }
  EXPECT_EQ(decode(stored({32, 32}, heif_orientation_normal, 1, 13, display_p3_profile())).profile,
            ColourProfile::open(display_p3_profile())->description())
      << "else the profile counts";
}

// libheif gives an error for such numbers, and colours to be freed along with it: scripts/sanitize.sh looks for the
// leak.
TEST_P(Heif, ColoursByANumberThatNobodyKnowsAreSrgb) {
  Bytes file = stored({32, 32}, heif_orientation_normal, 1, 13);
  constexpr std::string_view box = "colrnclx";
  const auto at = std::search(file.begin(), file.end(), box.begin(), box.end());
  ASSERT_NE(at, file.end());
  *(at + box.size() + 1) = 99;  // the lower byte of the primaries
  EXPECT_TRUE(decode(file).profile.empty());
}

TEST_P(Heif, CutShortIsAnErrorNamingTheFile) {
  const Bytes file = encode(photo({128, 96}, Depth::u8));
  for (const double share : {0.1, 0.5, 0.9, 0.98}) {
    const ByteView cut = ByteView(file).first(static_cast<std::size_t>(share * static_cast<double>(file.size())));
    EXPECT_THROW((void)decode(cut), Error) << share;
  }
}

TEST_P(Heif, ATooLargeOneIsRefusedBeforeItTakesMemory) {
  const Bytes file = encode(photo({128, 96}, Depth::u8));
  expect_error(ErrorCode::limit, "too large", [&] { (void)decode_photo(file, "photo", {.max_pixels = 1000}); });
}

}  // namespace
}  // namespace hdrtile::test
