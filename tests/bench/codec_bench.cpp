// hdrtile's JPEG codec on the sample photos, metadata and all, against libjpeg-turbo alone with its own settings.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

// clang-format off
#include <jpeglib.h>  // needs cstdio before it
// clang-format on

#include "against.h"
#include "hdrtile/photo.h"

namespace hdrtile {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes sample() { return read_file(std::filesystem::path(HDRTILE_SAMPLES) / "living_room.jpg"); }

struct Pixels {
  int width = 0;
  int height = 0;
  Bytes rgb;
};

Pixels decode_alone(const Bytes& file) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  (void)jpeg_read_header(&info, TRUE);
  (void)jpeg_start_decompress(&info);
  Pixels pixels{
      .width = static_cast<int>(info.output_width), .height = static_cast<int>(info.output_height), .rgb = {}};
  const std::size_t stride = std::size_t{3} * info.output_width;
  pixels.rgb.resize(stride * info.output_height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels.rgb.data() + stride * info.output_scanline;
    (void)jpeg_read_scanlines(&info, &row, 1);
  }
  (void)jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return pixels;
}

/// At full chroma resolution, as the sample is.
std::size_t encode_alone(Pixels& pixels, int quality) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = static_cast<JDIMENSION>(pixels.width);
  info.image_height = static_cast<JDIMENSION>(pixels.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.rgb.data() + std::size_t{3} * info.image_width * info.next_scanline;
    (void)jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::free(data);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg's
  return size;
}

void decode_jpeg(benchmark::State& state) {
  const Bytes file = sample();
  bench::against(
      state, "of_libjpeg_turbo", [&] { benchmark::DoNotOptimize(decode_photo(file, "sample")); },
      [&] { benchmark::DoNotOptimize(decode_alone(file)); });
}
BENCHMARK(decode_jpeg)->UseManualTime()->Unit(benchmark::kMillisecond);

void encode_jpeg(benchmark::State& state) {
  const Bytes file = sample();
  const Photo photo = decode_photo(file, "sample");
  Pixels pixels = decode_alone(file);
  const EncodeOptions options;
  std::vector<std::string> warnings;
  bench::against(
      state, "of_libjpeg_turbo", [&] { benchmark::DoNotOptimize(encode_photo(photo, options, warnings)); },
      [&] { benchmark::DoNotOptimize(encode_alone(pixels, options.quality)); });
}
BENCHMARK(encode_jpeg)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hdrtile
