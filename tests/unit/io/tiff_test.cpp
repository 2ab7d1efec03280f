#include <array>
#include <cstring>
#include <set>

#include "exif.h"
#include "files.h"
#include "profiles.h"
#include "tiff_file.h"
#include "tiff_structure.h"
#include "tiffs.h"

namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

/// Samples of stored rows as values in [0, 1].
std::vector<float> values(const TiffSpec& spec, const Bytes& rows) {
  std::vector<float> all;
  for (std::size_t i = 0; i < rows.size(); i += spec.bits / 8) {
    if (spec.bits == 8) all.push_back(rows[i] / 255.0F);
    if (spec.bits == 16) {
      std::uint16_t v = 0;
      std::memcpy(&v, rows.data() + i, 2);
      all.push_back(v / 65535.0F);
    }
    if (spec.bits == 32) {
      float v = 0;
      std::memcpy(&v, rows.data() + i, 4);
      all.push_back(v);
    }
  }
  return all;
}

class TiffKind : public testing::TestWithParam<TiffSpec> {};
INSTANTIATE_TEST_SUITE_P(
    All, TiffKind,
    testing::Values(
        TiffSpec{.name = "Rgb8"}, TiffSpec{.name = "Rgb16", .bits = 16}, TiffSpec{.name = "RgbFloat", .bits = 32},
        TiffSpec{.name = "BigEndian16", .bits = 16, .mode = "wb"},
        TiffSpec{.name = "BigTiff16", .bits = 16, .mode = "wl8"},
        TiffSpec{.name = "Lzw", .compression = COMPRESSION_LZW},
        TiffSpec{.name = "Deflate16", .bits = 16, .compression = COMPRESSION_ADOBE_DEFLATE},
        TiffSpec{.name = "Tiled8", .tile = 16},
        TiffSpec{.name = "TiledPlanar16", .bits = 16, .compression = COMPRESSION_LZW, .tile = 16, .planar = true},
        TiffSpec{.name = "PlanarFloat", .bits = 32, .planar = true},
        TiffSpec{.name = "Grey8", .samples = 1, .photometric = PHOTOMETRIC_MINISBLACK},
        TiffSpec{.name = "Grey16Tiled", .bits = 16, .samples = 1, .photometric = PHOTOMETRIC_MINISBLACK, .tile = 32},
        TiffSpec{.name = "GreyFloat", .bits = 32, .samples = 1, .photometric = PHOTOMETRIC_MINISBLACK}),
    [](const auto& kind) { return kind.param.name; });

TEST_P(TiffKind, GivesBackEverySampleInTheSameKind) {
  const TiffSpec& spec = GetParam();
  const Bytes rows = stored_noise(spec);
  const Photo photo = decode(make_tiff(spec, rows));
  EXPECT_EQ(photo.format, Format::tiff);
  EXPECT_EQ(photo.grey, spec.samples == 1);
  EXPECT_TRUE(photo.warnings.empty()) << photo.warnings.front();
  std::vector<float> expected = values(spec, rows);
  if (photo.grey) {
    std::vector<float> three;
    for (const float v : expected) three.insert(three.end(), 3, v);
    expected = three;
  }
  EXPECT_EQ(samples(photo.pixels), expected);
  Warnings warnings;
  const Photo again = decode(encode(photo, {}, &warnings));
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(samples(again.pixels), expected);
  EXPECT_EQ(again.file_depth, photo.file_depth);
  EXPECT_EQ(again.grey, photo.grey);
}

TEST(Tiff, WhiteMayBeZero) {
  TiffSpec spec{.samples = 1, .photometric = PHOTOMETRIC_MINISWHITE};
  const Bytes rows = stored_noise(spec);
  EXPECT_EQ(samples(decode(make_tiff(spec, rows)).pixels)[0], (255 - rows[0]) / 255.0F);
}

TEST(Tiff, FewBitsPalettesAndJpegBecomeRgbOf8Bit) {
  for (const TiffSpec& spec : {TiffSpec{.bits = 8, .samples = 1, .photometric = PHOTOMETRIC_PALETTE},
                               TiffSpec{.bits = 4, .samples = 1, .photometric = PHOTOMETRIC_PALETTE},
                               TiffSpec{.bits = 1, .samples = 1, .photometric = PHOTOMETRIC_MINISBLACK}}) {
    const Bytes rows = stored_noise(spec);
    const Photo photo = decode(make_tiff(spec, rows));
    EXPECT_EQ(photo.file_depth, Depth::u8);
    const int first = rows[0] >> (8 - spec.bits);
    const float most = static_cast<float>((1 << spec.bits) - 1);
    EXPECT_NEAR(samples(photo.pixels)[0], static_cast<float>(first) / most, 0.003) << spec.bits;
  }
}

TEST(Tiff, AlphaIsCarriedStraightAndPremultiplied) {
  for (const int type : {EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_ASSOCALPHA}) {
    const auto kind = static_cast<std::uint16_t>(type);
    TiffSpec spec{.samples = 4, .extra = {kind}};
    Bytes rows = stored_noise(spec);
    for (std::size_t i = 0; i < rows.size(); i += 4) {  // no premultiplied colour is above its alpha
      for (int c = 0; c < 3; ++c) rows[i + c] = std::min(rows[i + c], rows[i + 3]);
    }
    const Bytes file = make_tiff(spec, rows);
    const Photo photo = decode(file);
    ASSERT_FALSE(photo.alpha.empty());
    EXPECT_EQ(samples(photo.alpha)[0], rows[3] / 255.0F);
    const float straight = kind == EXTRASAMPLE_ASSOCALPHA ? static_cast<float>(rows[0]) / rows[3] : rows[0] / 255.0F;
    EXPECT_NEAR(samples(photo.pixels)[0], straight, 0.5 / 255 + 1e-6);
    const Bytes written = encode(photo);
    TiffFile tiff(written);
    std::uint16_t count = 0;
    std::uint16_t* kinds = nullptr;
    ASSERT_EQ(TIFFGetField(tiff.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds), 1);
    EXPECT_EQ(kinds[0], kind);
    Bytes block(rows.size());
    ASSERT_GT(TIFFReadEncodedStrip(tiff.get(), 0, block.data(), static_cast<tmsize_t>(block.size())), 0);
    EXPECT_EQ(block, rows) << "premultiplied colours come back exactly";
  }
}

/// As scanners and ImageMagick write them: JPEG inside, which stores YCbCr, its colours halved or not.
Bytes ycbcr_tiff(int halved, int pages, bool tiled) {
  Bytes file;
  {
    TiffFile tiff(file, "wl");
    for (int page = 0; page < pages; ++page) {
      for (const auto& [tag, value] : std::vector<std::pair<ttag_t, int>>{{TIFFTAG_IMAGEWIDTH, 64},
                                                                          {TIFFTAG_IMAGELENGTH, 48},
                                                                          {TIFFTAG_BITSPERSAMPLE, 8},
                                                                          {TIFFTAG_SAMPLESPERPIXEL, 3},
                                                                          {TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG},
                                                                          {TIFFTAG_COMPRESSION, COMPRESSION_JPEG},
                                                                          {TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_YCBCR},
                                                                          {TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB}}) {
        TIFFSetField(tiff.get(), tag, value);
      }
      TIFFSetField(tiff.get(), TIFFTAG_YCBCRSUBSAMPLING, halved, halved);
      Bytes block;
      for (int i = 0; i < 64 * 48; ++i) block.insert(block.end(), {200, 40, 90});
      if (tiled) {
        TIFFSetField(tiff.get(), TIFFTAG_TILEWIDTH, 64);
        TIFFSetField(tiff.get(), TIFFTAG_TILELENGTH, 48);
        TIFFWriteEncodedTile(tiff.get(), 0, block.data(), static_cast<tmsize_t>(block.size()));
      } else {
        TIFFSetField(tiff.get(), TIFFTAG_ROWSPERSTRIP, 48);
        TIFFWriteEncodedStrip(tiff.get(), 0, block.data(), static_cast<tmsize_t>(block.size()));
      }
      TIFFWriteDirectory(tiff.get());
    }
  }
  return file;
}

TEST(Tiff, JpegInsideKeepsItsColours) {
  for (const int halved : {1, 2}) {
    for (const int pages : {1, 2}) {
      for (const bool tiled : {false, true}) {
        const Photo photo = decode(ycbcr_tiff(halved, pages, tiled));
        const auto values = samples(photo.pixels);
        for (int c = 0; c < 3; ++c)
          EXPECT_NEAR(values[c] * 255, (std::array{200, 40, 90}[c]), 3) << halved << pages << tiled;
      }
    }
  }
}

TEST(Tiff, AChannelOfNoKindIsNoTransparency) {
  TiffSpec spec{.samples = 4, .extra = {EXTRASAMPLE_UNSPECIFIED}};
  const Photo photo = decode(make_tiff(spec, stored_noise(spec)));
  EXPECT_TRUE(photo.alpha.empty());
  EXPECT_TRUE(contains(photo.warnings, "further channels"));
}

TEST(Tiff, LayersOfPhotoshopAreDroppedAndTold) {
  constexpr ttag_t image_source_data = 37724;
  TiffSpec spec{.blocks = {{image_source_data, Bytes(300, 0x5A)}}};
  const Photo photo = decode(make_tiff(spec, stored_noise(spec)));
  EXPECT_TRUE(contains(photo.warnings, "layers were dropped"));
  for (const Format format : {Format::tiff, Format::jpeg}) {
    EXPECT_FALSE(contains(encode(photo, {.format = format}), Bytes(64, 0x5A))) << "they would be opened in its place";
  }
}

TEST(Tiff, FurtherChannelsAndPagesAreTold) {
  TiffSpec spec{.samples = 5, .extra = {EXTRASAMPLE_UNASSALPHA, EXTRASAMPLE_UNSPECIFIED}, .pages = 2};
  const Photo photo = decode(make_tiff(spec, stored_noise(spec)));
  EXPECT_TRUE(contains(photo.warnings, "further channels"));
  EXPECT_TRUE(contains(photo.warnings, "several pages"));
}

TEST(Tiff, CmykIsConvertedByItsProfileOrRefused) {
  TiffSpec spec{.samples = 4, .photometric = PHOTOMETRIC_SEPARATED};
  const Bytes rows = stored_noise(spec);
  expect_error(ErrorCode::unsupported, "CMYK without a usable colour profile",
               [&] { (void)decode(make_tiff(spec, rows)); });
  spec.blocks = {{TIFFTAG_ICCPROFILE, cmyk_profile()}};
  const Photo photo = decode(make_tiff(spec, rows));
  EXPECT_TRUE(contains(photo.warnings, "CMYK was converted"));
  const float black = rows[3] / 255.0F;
  const float cyan = rows[0] / 255.0F;
  EXPECT_NEAR(samples(photo.pixels)[0], std::max(0.0F, (1 - cyan) * (1 - black)), 0.15);
}

TEST(Tiff, CmykOf16BitStaysSo) {
  TiffSpec spec{.size = {1000, 1}, .bits = 16, .samples = 4, .photometric = PHOTOMETRIC_SEPARATED};
  spec.blocks = {{TIFFTAG_ICCPROFILE, cmyk_profile()}};
  Bytes rows = stored_noise(spec);
  for (std::size_t x = 0; x < 1000; ++x) {  // a ramp within a few steps of 8 bit
    for (std::size_t c = 0; c < 4; ++c) {
      const auto ink = static_cast<std::uint16_t>(c == 3 ? 0 : 20'000 + x);
      std::memcpy(&rows[8 * x + 2 * c], &ink, 2);
    }
  }
  const Bytes file = make_tiff(spec, rows);
  const Photo photo = decode(file);
  ASSERT_EQ(photo.pixels.depth(), Depth::u16);
  EXPECT_EQ(read_header(file, "photo").decoded_depth, Depth::u16);
  const auto found = samples(photo.pixels);
  EXPECT_GT(std::set(found.begin(), found.end()).size(), 100U) << "of 8 bit there would be a handful";
  EXPECT_EQ(samples(decode(encode(photo)).pixels), found);
}

TEST(Tiff, CutShortIsAnError) {
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE}) {
    const TiffSpec spec{.size = {200, 150}, .compression = compression};
    const Bytes file = make_tiff(spec, stored_noise(spec));
    for (const double share : {0.1, 0.5, 0.9, 0.999}) {
      const ByteView cut = ByteView(file).first(static_cast<std::size_t>(share * static_cast<double>(file.size())));
      expect_error(ErrorCode::input, "truncated or damaged TIFF", [&] { (void)decode(cut); });
    }
  }
}

TEST(Tiff, DamageNeverCrashes) {
  const TiffSpec spec{.compression = COMPRESSION_LZW, .tile = 16};
  const Bytes whole = make_tiff(spec, stored_noise(spec));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0, 0x7F, 0xFF}) {
      Bytes damaged = whole;
      damaged[i] = static_cast<std::uint8_t>(value);
      try {
        (void)decode_photo(damaged, "photo", {.max_pixels = 1 << 20});
      } catch (const Error&) {
        continue;
      }
    }
  }
}

TEST(Tiff, ExifWhoseDirectoriesLeadNowhereOrInACircleDoesNoHarm) {
  const Bytes exif = make_exif({.thumbnail = make_jpeg({.size = {16, 12}})});
  auto block = TiffStructure::open(exif);
  const std::size_t first = block->first_directory();
  const std::size_t link = first + 2 + block->get(first, 2) * TiffStructure::entry_bytes;
  for (const std::uint32_t target : {static_cast<std::uint32_t>(first), 0xFFFFFFF0U, 7U}) {
    block->put(link, 4, target);
    JpegSpec spec;
    Bytes segment;
    append(segment, "Exif\0\0"sv);
    append(segment, block->bytes());
    spec.segments = {{0xE1, segment}};
    const Photo photo = decode(encode(decode(make_jpeg(spec)), {.format = Format::tiff}));
    EXPECT_EQ(photo.pixels.size(), spec.size);
    EXPECT_TRUE(contains(encode(photo, {.format = Format::jpeg}), as_bytes("TestMaker"))) << target;
  }
}

TEST(Tiff, ATooLargeOneIsRefusedBeforeItTakesMemory) {
  const TiffSpec spec{.size = {400, 300}};
  const Bytes file = make_tiff(spec, stored_noise(spec));
  expect_error(ErrorCode::limit, "too large", [&] { (void)decode_photo(file, "photo", {.max_pixels = 1000}); });
}

}  // namespace
}  // namespace hdrtile::test
