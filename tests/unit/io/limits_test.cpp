// Numbers in a file that ask for memory: they are checked before it is taken. What fuzzing has found lies here, too.
#include <malloc.h>
#include <zlib.h>

#include <cstring>

#include "exif.h"
#include "files.h"
#include "hdrtile/bracket.h"
#include "metadata.h"
#include "profiles.h"
#include "tiff_extent.h"
#include "tiffs.h"

namespace hdrtile::test {
namespace {

using namespace std::string_view_literals;

constexpr DecodeLimits small_metadata{.max_metadata_bytes = 1 << 20};

/// Megabytes of zeros, packed to a thousandth: one block of them, repeated.
Bytes packed_zeros(std::size_t megabytes) {
  constexpr std::size_t megabyte = 1U << 20U;
  Bytes zeros(megabyte);
  Bytes packed(megabyte);
  z_stream stream{};
  deflateInit(&stream, Z_BEST_COMPRESSION);
  stream.next_in = zeros.data();
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FULL_FLUSH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  const Bytes block(packed.begin() + 2, packed.end());  // behind the stream's head
  for (std::size_t i = 1; i < megabytes; ++i) append(packed, block);
  append(packed, "\x03\0"sv);  // an empty last block, and the checksum of zeros
  append_u16be(packed, static_cast<std::uint32_t>(megabytes * megabyte % 65'521));
  append_u16be(packed, 1);
  return packed;
}

Bytes png_with(const std::vector<std::pair<std::string, Bytes>>& chunks) {
  PngSpec spec;
  spec.chunks = chunks;
  return make_png(spec, png_noise(spec));
}

Bytes chunk_data(std::string_view head, ByteView data) {
  Bytes chunk;
  append(chunk, head);
  append(chunk, data);
  return chunk;
}

TEST(Limits, APngsTextsAndProfilesThatUnpackToGigabytesAreDroppedNotThePhoto) {
  const Bytes bomb = packed_zeros(1100);
  const Bytes file = png_with({{"iCCP", chunk_data("p\0\0"sv, bomb)},
                               {"zTXt", chunk_data("k\0\0"sv, bomb)},
                               {"iTXt", chunk_data("XML:com.adobe.xmp\0\1\0\0\0"sv, bomb)}});
  const Photo photo = decode(file);
  EXPECT_TRUE(contains(photo.warnings, "the colour profile is damaged or too large"));
  EXPECT_TRUE(contains(photo.warnings, "a text entry is damaged or too large"));
  EXPECT_TRUE(photo.profile.empty());
  EXPECT_EQ(samples(photo.pixels), samples(decode(png_with({})).pixels));
}

TEST(Limits, ManyTextsOfAPngShareOneLimit) {
  const Bytes part = packed_zeros(1);
  std::vector<std::pair<std::string, Bytes>> chunks;
  for (int i = 0; i < 10; ++i) chunks.emplace_back("zTXt", chunk_data("Raw profile type x\0\0"sv, part));
  const Photo photo = decode_photo(png_with(chunks), "photo", {.max_metadata_bytes = 3 << 20});
  EXPECT_TRUE(contains(photo.warnings, "is damaged or too large"));
}

TEST(Limits, PixelsOfAPngAreNoMetadata) {
  const PngSpec spec{.size = {800, 600}};
  const Photo photo = decode_photo(make_png(spec, png_noise(spec)), "photo", small_metadata);
  EXPECT_TRUE(photo.warnings.empty()) << photo.warnings.front();
}

TEST(Limits, AJpegOfManySegmentsKeepsWhatFits) {
  std::vector<Segment> segments{{0xE1, exif_segment({})}};
  for (int i = 0; i < 100; ++i) segments.push_back({0xEA, Bytes(60'000, 7)});
  const Photo photo = decode_photo(make_jpeg({.segments = segments}), "photo", small_metadata);
  EXPECT_TRUE(contains(photo.warnings, "larger than the limit of 1 MiB"));
  const Bytes again = encode(photo);
  EXPECT_TRUE(contains(again, as_bytes("TestMaker"))) << "what comes first is kept";
  EXPECT_LT(again.size(), 1'200'000U);
}

TEST(Limits, AGiantHeicOrAvifIsRefusedByItsHeader) {
  for (const Format format : {Format::heic, Format::avif}) {
    if (!facts_of(format).reads || !facts_of(format).writes) continue;
    Bytes file = encode(decode(make_jpeg({})), {.format = format});
    std::size_t at = 0;
    int changed = 0;
    while ((at = as_text(file).find("ispe"sv, at + 1)) != std::string_view::npos) {  // version 4, width 4, height 4
      std::memcpy(file.data() + at + 8, "\0\0\x75\x30\0\0\x75\x30", 8);              // 30,000 x 30,000
      ++changed;
    }
    EXPECT_GT(changed, 0);
    expect_error(ErrorCode::limit, "photo: is ", [&] { decode(file); });
  }
}

TEST(Limits, AGiantJxlIsRefusedByItsHeader) {
  if (!facts_of(Format::jxl).reads) GTEST_SKIP() << "built without libjxl";
  // Bits from the lowest: no multiples of 8; each side in 30 bits; no ratio; metadata as usual.
  Bytes file{0xFF, 0x0A};
  std::vector<bool> bits{false};
  const auto add = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bits.push_back((value >> static_cast<unsigned>(i) & 1U) != 0);
  };
  for (const bool last : {false, true}) {
    add(3, 2);
    add(99'999, 30);
    if (!last) add(0, 3);
  }
  add(1, 1);
  bits.resize(bits.size() + 400);
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8) {
    file.push_back(0);
    for (std::size_t k = 0; k < 8; ++k) file.back() |= static_cast<std::uint8_t>(bits[i + k] << k);
  }
  expect_error(ErrorCode::limit, "100000 x 100000", [&] { decode(file); });
}

/// Entries of 12 bytes that all name the same bytes.
Bytes overlapping_tiff(std::uint32_t entries, std::uint32_t bytes) {
  Bytes file(8 + 2 + entries * 12 + 4 + bytes);
  std::memcpy(file.data(), "MM\0*\0\0\0\10", 8);
  Bytes directory;
  append_u16be(directory, entries);
  for (std::uint32_t i = 0; i < entries; ++i) {
    append_u16be(directory, 0xD000 + i);
    append_u16be(directory, 7);
    append_u32be(directory, bytes);
    append_u32be(directory, 8 + 2 + entries * 12 + 4);
  }
  std::copy(directory.begin(), directory.end(), file.begin() + 8);
  return file;
}

TEST(Limits, LargeMetadataOfAnyFormatCostsAWarningNotThePhoto) {
  Photo photo = decode(make_jpeg({.size = {48, 32}}));
  const auto icc = srgb_profile(3 << 20);
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes || facts.format == Format::jpeg) continue;
    for (const bool by_profile : {false, true}) {
      Metadata metadata;
      if (by_profile) {
        metadata.icc = icc;
      } else {
        metadata.exif = overlapping_tiff(1, 3 << 20);
      }
      photo.metadata = std::make_shared<const Metadata>(metadata);
      const Bytes file = encode(photo, {.format = facts.format});
      if (by_profile && facts.format == Format::jxl) continue;  // lossy ones come with a profile of libjxl's making
      const Photo read = decode_photo(file, "photo", small_metadata);
      EXPECT_EQ(read.pixels.size(), photo.pixels.size()) << facts.name;
      EXPECT_FALSE(read.warnings.empty()) << facts.name << (by_profile ? ", profile" : ", EXIF");
    }
  }
}

TEST(Limits, TagsThatAllNameTheSameBytesAreNotCopiedOneByOne) {
  const Bytes block = overlapping_tiff(4000, 1 << 20);  // 4 GB of copies
  EXPECT_EQ(stated_bytes(block), std::uint64_t{4000} << 20U);
  EXPECT_TRUE(overstates(block));
  EXPECT_FALSE(overstates(make_exif({.thumbnail = make_jpeg({})})));
  expect_error(ErrorCode::input, "name more bytes than it has", [&] { decode(block); });

  Photo photo = decode(make_jpeg({}));
  Metadata metadata;
  metadata.exif = block;
  photo.metadata = std::make_shared<const Metadata>(metadata);
  const Bytes png = encode(photo, {.format = Format::png});
  EXPECT_EQ(read_shot(png, "photo"), std::nullopt);
  Warnings warnings;
  (void)encode(decode(png), {.metadata = MetadataPolicy::no_gps}, &warnings);
}

TEST(Limits, DirectoriesThatLeadInCirclesEnd) {
  Bytes file = overlapping_tiff(1, 100);
  std::memcpy(file.data() + 8 + 2 + 12, "\0\0\0\10", 4);
  EXPECT_EQ(stated_bytes(file), 100U);
  EXPECT_EQ(stated_bytes(as_bytes("no TIFF, but long enough"sv)), 0U);
}

TEST(Limits, ATiffsTagOfFourGigabytesTakesNone) {
  const TiffSpec spec{.blocks = {{TIFFTAG_XMLPACKET, Bytes(100, ' ')}}};
  Bytes file = make_tiff(spec, stored_noise(spec));
  const std::size_t entry = as_text(file).find("\xBC\x02"sv);  // the tag, little-endian
  ASSERT_NE(entry, std::string_view::npos);
  std::memcpy(file.data() + entry + 4, "\xFF\xFF\xFF\xFF", 4);
  EXPECT_EQ(decode(file).pixels.size(), spec.size);
}

TEST(Limits, ABlockOfATiffFarLargerThanThePictureIsRefused) {
  for (const int photometric : {PHOTOMETRIC_RGB, PHOTOMETRIC_PALETTE}) {
    const TiffSpec spec{.samples = photometric == PHOTOMETRIC_RGB ? 3 : 1, .photometric = photometric, .tile = 16};
    Bytes file = make_tiff(spec, stored_noise(spec));
    for (const auto tag : {"\x42\x01\x03\0\1\0\0\0\x10\0"sv, "\x43\x01\x03\0\1\0\0\0\x10\0"sv}) {  // 16 x 16
      const std::size_t entry = as_text(file).find(tag);
      ASSERT_NE(entry, std::string_view::npos);
      file[entry + 9] = 0xF0;  // 61456
    }
    expect_error(ErrorCode::input, "blocks are of an impossible size", [&] { decode(file); });
  }
}

TEST(Limits, AnXmpPacketOfEntitiesThatGrowIsDropped) {
  std::string packet = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"aaaaaaaaaa\">";
  for (int i = 1; i < 12; ++i) {
    packet += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) packet += "&a" + std::to_string(i - 1) + ";";
    packet += "\">";
  }
  packet +=
      "]><x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:format>&a11;</dc:format></rdf:Description>"
      "</rdf:RDF></x:xmpmeta>";
  Photo photo = decode(make_jpeg({}));
  Metadata metadata;
  metadata.xmp.packet = packet;
  photo.metadata = std::make_shared<const Metadata>(metadata);
  Warnings warnings;
  const Bytes file = encode(photo, {}, &warnings);
  EXPECT_TRUE(contains(warnings, "XMP is damaged and was dropped"));
  EXPECT_LT(file.size(), 100'000U);
}

TEST(Limits, ATextOfAColourProfileThatClaimsMillionsOfLanguagesTakesNoMemory) {
  Bytes icc = display_p3_profile();
  const std::size_t text = as_text(icc).find("mluc"sv, 132);
  ASSERT_NE(text, std::string_view::npos);
  std::memcpy(icc.data() + text + 8, "\1\0\0\0", 4);  // 16,777,216 of 24 bytes each
  std::vector<Segment> segments;
  for (const Bytes& part : icc_segments(icc)) segments.push_back({0xE2, part});
  const auto before = ::mallinfo2().arena + ::mallinfo2().hblkhd;
  EXPECT_EQ(decode(make_jpeg({.segments = segments})).profile, "unnamed profile");
  EXPECT_LT(::mallinfo2().arena + ::mallinfo2().hblkhd, before + (64U << 20U));
}

}  // namespace
}  // namespace hdrtile::test
