#include "files.h"

#include <png.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "jpeg_error.h"

namespace hdrtile::test {

Bytes make_jpeg(const JpegSpec& spec) {
  JpegErrorManager errors;
  jpeg_compress_struct info{};
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const auto width = static_cast<std::size_t>(spec.size.width);
  Bytes row(width * spec.components);
  const bool done = guarded(errors, [&] {
    info.err = &errors.base;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &size);
    info.image_width = static_cast<JDIMENSION>(spec.size.width);
    info.image_height = static_cast<JDIMENSION>(spec.size.height);
    info.input_components = spec.components;
    info.in_color_space = spec.components == 1 ? JCS_GRAYSCALE : spec.components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, spec.quality, TRUE);
    if (spec.components == 3) {
      info.comp_info[0].h_samp_factor = spec.chroma == Chroma::full ? 1 : 2;
      info.comp_info[0].v_samp_factor = spec.chroma == Chroma::quarter ? 2 : 1;
    }
    if (spec.progressive) jpeg_simple_progression(&info);
    info.restart_in_rows = spec.restart_rows;
    info.write_Adobe_marker = spec.components == 4 && spec.adobe ? TRUE : FALSE;
    jpeg_start_compress(&info, TRUE);
    for (const auto& segment : spec.segments) {
      jpeg_write_marker(&info, segment.marker, segment.data.data(), static_cast<unsigned>(segment.data.size()));
    }
    for (int y = 0; y < spec.size.height; ++y) {
      if (spec.pixels != nullptr) std::copy_n(spec.pixels->row<std::uint8_t>(y), row.size(), row.begin());
      for (std::size_t i = 0; spec.pixels == nullptr && i < row.size(); ++i) {
        const double phase =
            0.11 * static_cast<double>(i / spec.components) + 0.07 * y + static_cast<double>(i % spec.components);
        row[i] = static_cast<std::uint8_t>(128 + 100 * std::sin(phase) + (y * 7 + static_cast<int>(i) * 13) % 9);
      }
      JSAMPROW pointer = row.data();
      jpeg_write_scanlines(&info, &pointer, 1);
    }
    jpeg_finish_compress(&info);
  });
  if (!done) throw std::runtime_error(errors.message);
  jpeg_destroy_compress(&info);
  Bytes file(data, data + size);
  std::free(data);
  return file;
}

Bytes make_png(const PngSpec& spec, const Bytes& rows) {
  Bytes file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp p, png_bytep data, std::size_t count) {
        append(*static_cast<Bytes*>(png_get_io_ptr(p)), ByteView(data, count));
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(spec.size.width), static_cast<png_uint_32>(spec.size.height),
               spec.bits, spec.colour_type, spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!spec.palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<png_const_colorp>(spec.palette.data()),
                 static_cast<int>(spec.palette.size() / 3));
  }
  if (!spec.palette_alpha.empty()) {
    png_set_tRNS(png, info, spec.palette_alpha.data(), static_cast<int>(spec.palette_alpha.size()), nullptr);
  }
  if (spec.transparent_grey >= 0) {
    png_color_16 colour{};
    colour.gray = static_cast<png_uint_16>(spec.transparent_grey);
    png_set_tRNS(png, info, nullptr, 0, &colour);
  }
  png_write_info_before_PLTE(png, info);
  for (const auto& [kind, data] : spec.chunks) {
    png_write_chunk(png, reinterpret_cast<png_const_bytep>(kind.data()), data.data(), data.size());
  }
  png_write_info(png, info);
  std::vector<png_bytep> pointers;
  const std::size_t stride = rows.size() / spec.size.height;
  for (int y = 0; y < spec.size.height; ++y) pointers.push_back(const_cast<png_bytep>(rows.data() + stride * y));
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

Bytes png_noise(const PngSpec& spec, unsigned seed) {
  const int channels = spec.colour_type == 2 ? 3 : spec.colour_type == 6 ? 4 : spec.colour_type == 4 ? 2 : 1;
  std::mt19937 random(seed);
  Bytes rows(static_cast<std::size_t>((spec.size.width * channels * spec.bits + 7) / 8) * spec.size.height);
  for (auto& byte : rows) byte = static_cast<std::uint8_t>(random());
  return rows;
}

std::vector<float> samples(const Image& image) {
  std::vector<float> all;
  std::vector<float> row(static_cast<std::size_t>(image.width()) * image.channels());
  for (int y = 0; y < image.height(); ++y) {
    read_row(image, y, 0, image.width(), row.data());
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

Image make_image(Size size, Depth depth, int channels, const std::function<double(int x, int y, int c)>& value) {
  Image image(size, depth, channels);
  std::vector<float> row(static_cast<std::size_t>(size.width) * channels);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c)
        row[static_cast<std::size_t>(x) * channels + c] = static_cast<float>(value(x, y, c));
    }
    write_row(image, y, 0, image.width(), row.data());
  }
  return image;
}

Image noise(Size size, Depth depth, int channels, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  return make_image(size, depth, channels, [&](int, int, int) { return uniform(random); });
}

Image gradient(Size size, Depth depth) {
  return make_image(size, depth, 3, [&](int x, int y, int c) {
    return c == 0 ? (x + 0.5) / size.width : c == 1 ? (y + 0.5) / size.height : 0.3;
  });
}

Photo decode(ByteView file) { return decode_photo(file, "photo"); }

Bytes encode(const Photo& photo, const EncodeOptions& options, Warnings* warnings) {
  Warnings heard;
  Bytes file = encode_photo(photo, options, heard);
  if (warnings != nullptr) *warnings = heard;
  return file;
}

void expect_error(ErrorCode code, const std::string& part, const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with \"" << part << '"';
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

bool contains(ByteView bytes, ByteView part) { return as_text(bytes).find(as_text(part)) != std::string_view::npos; }

bool contains(const Warnings& warnings, const std::string& part) {
  return std::ranges::any_of(warnings, [&](const auto& warning) { return warning.find(part) != std::string::npos; });
}

Bytes with_prefix(std::string_view prefix, std::string_view data) {
  Bytes bytes;
  append(bytes, prefix);
  append(bytes, data);
  return bytes;
}

Bytes xmp_segment(std::string_view description) {
  const std::string packet =
      std::string(
          R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" )") +
      std::string(description) + "</rdf:RDF></x:xmpmeta>";
  return with_prefix(std::string_view("http://ns.adobe.com/xap/1.0/\0", 29), packet);
}

Bytes exif_of(ByteView jpeg) {
  for (const Bytes& segment : jpeg_segments(jpeg, 0xE1)) {
    if (starts_with(segment, std::string_view("Exif\0\0", 6))) return {segment.begin() + 6, segment.end()};
  }
  return {};
}

std::vector<Bytes> jpeg_segments(ByteView file, int marker) {
  std::vector<Bytes> found;
  for (std::size_t i = 2; i + 4 < file.size() && file[i + 1] != 0xDA;) {
    const std::size_t length = read_u16be(file.data() + i + 2);
    if (file[i + 1] == marker)
      found.emplace_back(file.begin() + static_cast<std::ptrdiff_t>(i + 4),
                         file.begin() + static_cast<std::ptrdiff_t>(i + 2 + length));
    i += 2 + length;
  }
  return found;
}

std::vector<Bytes> png_chunks(ByteView file, const std::string& kind) {
  std::vector<Bytes> found;
  for (std::size_t i = 8; i + 12 <= file.size();) {
    const std::size_t length = read_u32be(file.data() + i);
    const ByteView data = file.subspan(i + 8, length);
    if (as_text(file.subspan(i + 4, 4)) == kind) found.emplace_back(data.begin(), data.end());
    i += 12 + length;
  }
  return found;
}

void FolderTest::SetUp() {
  folder_ = std::filesystem::temp_directory_path() / ("hdrtile_io_" + std::to_string(::getpid()) + "_" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
}

void FolderTest::TearDown() { std::filesystem::remove_all(folder_); }

std::vector<std::string> FolderTest::names() const {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) found.push_back(entry.path().filename());
  std::ranges::sort(found);
  return found;
}

}  // namespace hdrtile::test
