// Seeds for the fuzz targets, a folder each: fuzz_corpus SAMPLES OUT. The sample photos are shrunk and written in every
// format with EXIF, IPTC, XMP and a profile; rare kinds of files come from the makers that the tests of io use.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "exif.h"
#include "files.h"
#include "metadata.h"
#include "photoshop.h"
#include "profiles.h"
#include "tiffs.h"

namespace hdrtile::test {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr auto xmp = R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmlns:h="urn:hdrtile:1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmpNote:HasExtendedXMP="0123456789ABCDEF0123456789ABCDEF" h:Version="1" h:Model="m" h:Settings="s" h:InputHash="i"
 exif:GPSLatitude="52,30N"><dc:subject><rdf:Bag><rdf:li>kitchen</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>)"sv;

class Corpus {
 public:
  explicit Corpus(fs::path folder) : folder_(std::move(folder)) {}

  void add(const char* target, ByteView seed) {
    fs::create_directories(folder_ / target);
    std::ofstream file(folder_ / target / (std::string("seed-") + sha256(seed).substr(0, 16)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), std::ssize(seed));
    if (!file.flush()) throw std::runtime_error((folder_ / target).string() + ": cannot be written");
    ++count_;
  }
  void add(const char* target, std::string_view text) { add(target, as_bytes(text)); }
  [[nodiscard]] int count() const { return count_; }

 private:
  fs::path folder_;
  int count_ = 0;
};

/// A photo with every kind of metadata.
std::shared_ptr<const Metadata> full_metadata(Format format) {
  Metadata metadata;
  metadata.exif = make_exif({.size = {48, 32}, .thumbnail = make_jpeg({.size = {8, 8}})});
  metadata.xmp.packet = xmp;
  metadata.photoshop =
      as_resource(as_bytes("\x1C\x02\x5A\x00\x06"
                           "Berlin\x1C\x02\x19\x00\x04room"sv));
  metadata.icc = display_p3_profile();
  metadata.comments = {"a comment"};
  if (format == Format::jpeg) {
    metadata.xmp.extended = xmp;
    metadata.jpeg_segments = {{"\xE2", Bytes{'M', 'P', 'F', 0, 'I', 'I', '*', 0}}};
  }
  if (format == Format::png) metadata.png_chunks = {{"tEXt", Bytes{'k', 0, 'v'}}};
  return std::make_shared<const Metadata>(std::move(metadata));
}

void add_samples(const fs::path& samples, Corpus& corpus) {
  for (const auto& entry : fs::directory_iterator(samples)) {
    if (entry.path().extension() != ".jpg") continue;
    Photo photo = decode_photo(read_file(entry.path()), entry.path());
    for (const FormatFacts& facts : formats()) {
      if (!facts.writes) continue;
      const EncodeOptions small{.format = facts.format, .max_side = 48};
      corpus.add("decode", encode(photo, small));
      Photo rich = decode(encode(photo, small));
      rich.metadata = full_metadata(facts.format);
      corpus.add("decode", encode(rich, {.format = facts.format, .quality = 50}));
      rich.alpha = make_image(rich.pixels.size(), Depth::u8, 1, [](int x, int, int) { return x / 48.0; });
      if (facts.alpha) corpus.add("decode", encode(rich, {.format = facts.format, .quality = 100}));
    }
  }
}

void add_kinds(Corpus& corpus) {
  const Size size{24, 16};
  for (const int components : {1, 3, 4}) {
    for (const bool progressive : {false, true}) {
      std::vector<Segment> segments;
      if (components == 4) {
        for (const Bytes& part : icc_segments(cmyk_profile())) segments.push_back({0xE2, part});
      }
      corpus.add("decode",
                 make_jpeg({.size = size, .components = components, .progressive = progressive, .segments = segments}));
    }
  }
  for (const int colour : {0, 2, 3, 4, 6}) {
    PngSpec spec{.size = size, .colour_type = colour, .interlaced = colour % 4 == 0};
    if (colour == 3) spec.palette = Bytes(768, 7);
    if (colour != 3 && colour != 0) spec.bits = 16;
    corpus.add("decode", make_png(spec, png_noise(spec)));
  }
  const TiffSpec lzw{.size = size, .compression = COMPRESSION_LZW};
  TiffSpec tiled{.size = size, .bits = 16, .compression = COMPRESSION_ADOBE_DEFLATE, .tile = 16, .planar = true};
  const TiffSpec big{.size = size, .bits = 32, .mode = "wb8"};
  const TiffSpec palette{.size = size, .samples = 1, .photometric = PHOTOMETRIC_PALETTE};
  const TiffSpec alpha{
      .size = size, .samples = 5, .extra = {EXTRASAMPLE_ASSOCALPHA, EXTRASAMPLE_UNSPECIFIED}, .pages = 2};
  const TiffSpec ink{.size = size,
                     .samples = 4,
                     .photometric = PHOTOMETRIC_SEPARATED,
                     .blocks = {{TIFFTAG_ICCPROFILE, cmyk_profile()}}};
  for (const TiffSpec& spec : {lzw, tiled, big, palette, alpha, ink})
    corpus.add("decode", make_tiff(spec, stored_noise(spec)));
  corpus.add("decode", make_dng({32, 24}, {0.6, 0.3, 0.2}, 6));
}

void add_metadata(Corpus& corpus) {
  const auto add = [&](std::uint8_t kind, ByteView block) {
    for (const std::uint8_t format : Bytes{0, 8, 17, 26, 3, 12, 29}) {
      Bytes seed{kind, format};
      append(seed, block);
      corpus.add("metadata", seed);
    }
  };
  add(0, make_exif({.orientation = 6, .thumbnail = make_jpeg({.size = {8, 8}})}));
  add(0, make_exif({.little_endian = false}));
  add(1, as_bytes(xmp));
  add(2, full_metadata(Format::jpeg)->photoshop);
  for (const Bytes& icc : {srgb_profile(), adobe_rgb_profile(), grey_profile(1.8), one_way_profile()}) add(3, icc);
  add(4, as_bytes("http://ns.adobe.com/xmp/extension/\0"sv));
  add(5, as_bytes("ICC_PROFILE\0\1\1"sv));
  add(6, as_bytes("Raw profile type exif\0\0\x78\x9c\x4b\x04\x00\x00\x62\x00\x62"sv));
  add(7, as_bytes("XML:com.adobe.xmp\0\0\0\0\0<x/>"sv));
  add(8, as_bytes("ICC Profile\0\0\x78\x9c\x4b\x04\x00\x00\x62\x00\x62"sv));
}

void add_texts(Corpus& corpus) {
  corpus.add("model", R"({"name": "small", "version": "1.2", "licence": "MIT", "scale": 2, "multiple": 16, "halo": 24,
    "channels": 3, "context_px": 144, "receptive_field": 40, "parameters": 1234567890123, "bytes_per_pixel": 812.5,
    "tile": {"min": 64, "max": 1024, "default": 256}})"sv);
  corpus.add("model", R"({"name": "a", "scale": 1, "multiple": 8, "halo": 0, "tile": {"fixed": [1024, 512]}})"sv);
  corpus.add("options",
             "enhance\na.jpg\n-o\n{dir}/{stem}_hdr.{ext}\n--format\npng\n--quality\n80\n--max-memory\n1.5G"sv);
  corpus.add(
      "options",
      "enhance\n@list.txt\n-r0n\n--tile\nwhole\n--overlap\nauto\n--jobs\n0\n--strength\n0.5\n--max-pixels\n400M"sv);
  corpus.add("options", "info\n--json\na.jpg\n--device\ncuda:0\n--precision\nbf16"sv);
  corpus.add("options", "compare\na.jpg\nb.png\n--min-psnr\n40\n--max-diff\n0.5"sv);
  corpus.add("options", "enhance\n--help"sv);
}

void add_plans(Corpus& corpus) {
  // As plan.cpp takes them: 32-bit numbers, odd ones near what is usual.
  const auto add = [&](std::initializer_list<std::int32_t> numbers) {
    Bytes seed;
    for (const std::int32_t n : numbers) append(seed, ByteView(reinterpret_cast<const std::uint8_t*>(&n), sizeof n));
    seed.resize(seed.size() + 20, 1);
    corpus.add("plan", seed);
  };
  const auto odd = [](int n) { return n * 2 + 1; };
  add({odd(3000), odd(2000), odd(512), odd(64), odd(16), odd(8), odd(8), odd(2048)});
  add({odd(517), odd(1), odd(96), odd(64), odd(16), odd(8), odd(8), odd(512)});
  add({odd(700), odd(900), 0, odd(10), odd(0), odd(3), odd(1), odd(2000)});
}

void make_corpus(const fs::path& samples, const fs::path& out) {
  fs::remove_all(out);
  Corpus corpus(out);
  add_samples(samples, corpus);
  add_kinds(corpus);
  add_metadata(corpus);
  add_texts(corpus);
  add_plans(corpus);
  std::cout << corpus.count() << " seeds\n";
}

}  // namespace
}  // namespace hdrtile::test

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: fuzz_corpus SAMPLES OUT\n";
    return 2;
  }
  hdrtile::test::make_corpus(argv[1], argv[2]);
}
