// libjpeg-turbo alone: libjpeg_turbo THREADS PHOTO... decodes and encodes JPEGs (quality 92, 4:2:0, default settings)
// in memory and prints how long all of them took, in ms. What scripts/bench.py holds hdrtile's way through files
// against.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs cstdio before it.
#include <jpeglib.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;

struct Picture {
  JDIMENSION width = 0;
  JDIMENSION height = 0;
  Bytes pixels;
};

Picture decode(const Bytes& file) {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);  // ends the program on an error
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, file.data(), file.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  Picture picture{.width = info.output_width, .height = info.output_height, .pixels = {}};
  const std::size_t row = std::size_t{3} * picture.width;
  picture.pixels.resize(row * picture.height);
  while (info.output_scanline < info.output_height) {
    JSAMPROW target = picture.pixels.data() + row * info.output_scanline;
    jpeg_read_scanlines(&info, &target, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return picture;
}

void encode(Picture& picture) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = picture.width;
  info.image_height = picture.height;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 92, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = picture.pixels.data() + std::size_t{3} * picture.width * info.next_scanline;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::free(data);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: libjpeg_turbo THREADS PHOTO.jpg...\n", stderr);
    return 2;
  }
  std::vector<Bytes> files;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < std::atoi(argv[1]); ++i) {
    threads.emplace_back([&] {
      for (std::size_t photo = next++; photo < files.size(); photo = next++) {
        Picture picture = decode(files[photo]);
        encode(picture);
      }
    });
  }
  threads.clear();
  std::printf("%.3f\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  return 0;
}
