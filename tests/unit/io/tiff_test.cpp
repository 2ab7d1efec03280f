#include <cstring>

#include "exif.h"
#include "files.h"
#include "profiles.h"
#include "tiff_file.h"
#include "tiff_structure.h"

namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

struct TiffSpec {
  const char* name = "";
  Size size{37, 23};
  int bits = 8;
  int samples = 3;
  int photometric = PHOTOMETRIC_RGB;
  int compression = COMPRESSION_NONE;
  const char* mode = "wl";
  int tile = 0;  ///< side; 0: strips of 5 rows
  bool planar = false;
  std::vector<std::uint16_t> extra = {};
  int orientation = 1;
  int pages = 1;
  std::vector<std::pair<ttag_t, Bytes>> blocks = {};
};

/// Noise as a file of that kind stores it: rows of samples, native byte order.
Bytes stored_noise(const TiffSpec& spec) {
  const std::size_t row = (static_cast<std::size_t>(spec.size.width) * spec.samples * spec.bits + 7) / 8;
  Bytes bytes(row * spec.size.height);
  unsigned state = 7;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24U);
  if (spec.bits != 32) return bytes;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const float value = static_cast<float>(bytes[i]) / 200 - 0.1F;  // some outside [0, 1]
    std::memcpy(bytes.data() + i, &value, 4);
  }
  return bytes;
}

Bytes make_tiff(const TiffSpec& spec, const Bytes& rows) {
  Bytes file;
  TiffFile tiff(file, spec.mode);
  TIFF* const t = tiff.get();
  const std::size_t row_bytes = rows.size() / spec.size.height;
  for (int page = 0; page < spec.pages; ++page) {
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, spec.size.width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, spec.size.height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, spec.bits);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, spec.bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, spec.samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, spec.photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, spec.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_COMPRESSION, spec.compression);
    TIFFSetField(t, TIFFTAG_ORIENTATION, spec.orientation);
    if (!spec.extra.empty())
      TIFFSetField(t, TIFFTAG_EXTRASAMPLES, static_cast<int>(spec.extra.size()), spec.extra.data());
    if (spec.photometric == PHOTOMETRIC_PALETTE) {
      std::vector<std::uint16_t> ramp(1U << spec.bits);
      for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint16_t>(i * 65535 / (ramp.size() - 1));
      TIFFSetField(t, TIFFTAG_COLORMAP, ramp.data(), ramp.data(), ramp.data());
    }
    for (const auto& [tag, data] : spec.blocks)
      TIFFSetField(t, tag, static_cast<std::uint32_t>(data.size()), data.data());
    const int planes = spec.planar ? spec.samples : 1;
    const std::size_t sample = static_cast<std::size_t>(spec.bits) / 8;
    const std::size_t in_step = spec.samples * sample;
    for (int plane = 0; plane < planes; ++plane) {
      // The plane's own rows.
      Bytes own = rows;
      if (spec.planar) {
        own.clear();
        for (std::size_t at = plane * sample; at < rows.size(); at += in_step)
          append(own, ByteView(rows).subspan(at, sample));
      }
      const std::size_t own_row = own.size() / spec.size.height;
      if (spec.tile == 0) {
        if (plane == 0) TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 5);
        for (int y = 0; y < spec.size.height; ++y)
          TIFFWriteScanline(t, own.data() + y * own_row, static_cast<std::uint32_t>(y),
                            static_cast<std::uint16_t>(plane));
        continue;
      }
      if (plane == 0) {
        TIFFSetField(t, TIFFTAG_TILEWIDTH, spec.tile);
        TIFFSetField(t, TIFFTAG_TILELENGTH, spec.tile);
      }
      const std::size_t step = own_row / spec.size.width;
      for (int y = 0; y < spec.size.height; y += spec.tile) {
        for (int x = 0; x < spec.size.width; x += spec.tile) {
          Bytes tile(step * spec.tile * spec.tile);
          const auto columns = static_cast<std::size_t>(std::min(spec.tile, spec.size.width - x));
          for (int r = 0; r < std::min(spec.tile, spec.size.height - y); ++r) {
            std::memcpy(tile.data() + r * step * spec.tile, own.data() + (y + r) * own_row + x * step, columns * step);
          }
          TIFFWriteTile(t, tile.data(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                        static_cast<std::uint16_t>(plane));
        }
      }
    }
    TIFFWriteDirectory(t);
  }
  (void)row_bytes;
  TIFFFlush(t);
  return file;
}

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
