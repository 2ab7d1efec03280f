#include "hdrtile/image.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

#include "hdrtile/error.h"
#include "huge_pages.h"
#include "vector_clones.h"

namespace hdrtile {
namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

/// Throws Error{limit} where the pixels cannot be addressed.
std::size_t checked_bytes(Size size, Depth depth, int channels) {
  const std::string named = std::to_string(size.width) + " x " + std::to_string(size.height) + " pixels";
  if (size.width < 1 || size.height < 1 || channels < 1) {
    throw Error(ErrorCode::limit, "an image of " + named + " cannot be: both sides must be at least 1");
  }
  // Row arithmetic (x * channels) is done in int all over.
  if (size.width > std::numeric_limits<int>::max() / channels) {
    throw Error(ErrorCode::limit, "an image of " + named + " is too wide");
  }
  const std::size_t row = static_cast<std::size_t>(size.width) * channels * bytes_per_sample(depth);
  if (static_cast<std::size_t>(size.height) >
      static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / row) {
    throw Error(ErrorCode::limit, "an image of " + named + " is too large");
  }
  return row * static_cast<std::size_t>(size.height);
}

template <typename T>
inline void read_all(const T* in, int samples, float* out) {
  constexpr auto full = static_cast<float>(std::numeric_limits<T>::max());
  for (int i = 0; i < samples; ++i) out[i] = static_cast<float>(in[i]) / full;
}

template <typename T>
inline void write_all(const float* in, int samples, T* out) {
  constexpr auto full = static_cast<float>(std::numeric_limits<T>::max());
  for (int i = 0; i < samples; ++i) {  // not lround: it is a call a sample; by way of int: a vector instruction
    out[i] = static_cast<T>(static_cast<int>(std::clamp(in[i], 0.0F, 1.0F) * full + 0.5F));
  }
}

// Clones that the processor chooses from take no templates.
HDRTILE_VECTOR_CLONES void read_samples(const std::uint8_t* in, int samples, float* out) { read_all(in, samples, out); }
HDRTILE_VECTOR_CLONES void read_samples(const std::uint16_t* in, int samples, float* out) {
  read_all(in, samples, out);
}
HDRTILE_VECTOR_CLONES void write_samples(const float* in, int samples, std::uint8_t* out) {
  write_all(in, samples, out);
}
HDRTILE_VECTOR_CLONES void write_samples(const float* in, int samples, std::uint16_t* out) {
  write_all(in, samples, out);
}

}  // namespace

Image::Image(Size size, Depth depth, int channels) : size_(size), depth_(depth), channels_(channels) {
  const std::size_t count = checked_bytes(size, depth, channels);
  // calloc knows what is zero already, as are large blocks that come from the system.
  void* const block = std::calloc(count + alignment, 1);
  if (block == nullptr) {
    throw Error(ErrorCode::out_of_memory, "no memory for an image of " + std::to_string(size.width) + " x " +
                                              std::to_string(size.height) + " pixels (" + std::to_string(count >> 20) +
                                              " MiB)");
  }
  void* pixels = block;
  std::size_t room = count + alignment;
  data_ = {static_cast<std::byte*>(std::align(alignment, count, pixels, room)), Free{block}};
  prefer_huge_pages(data_.get(), count);
}

void Image::Free::operator()(std::byte* /*pixels*/) const noexcept { std::free(block); }

std::size_t Image::row_bytes() const noexcept {
  return static_cast<std::size_t>(size_.width) * channels_ * bytes_per_sample(depth_);
}

std::size_t Image::bytes() const noexcept { return row_bytes() * size_.height; }

std::byte* Image::row_data(int y) noexcept { return data_.get() + row_bytes() * y; }

const std::byte* Image::row_data(int y) const noexcept { return data_.get() + row_bytes() * y; }

void read_row(const Image& image, int y, int x0, int count, float* out) {
  const int skip = x0 * image.channels();
  const int samples = count * image.channels();
  switch (image.depth()) {
    case Depth::u8:
      return read_samples(image.row<std::uint8_t>(y) + skip, samples, out);
    case Depth::u16:
      return read_samples(image.row<std::uint16_t>(y) + skip, samples, out);
    case Depth::f32:
      std::copy_n(image.row<float>(y) + skip, samples, out);
  }
}

void write_row(Image& image, int y, int x0, int count, const float* in) {
  const int skip = x0 * image.channels();
  const int samples = count * image.channels();
  switch (image.depth()) {
    case Depth::u8:
      return write_samples(in, samples, image.row<std::uint8_t>(y) + skip);
    case Depth::u16:
      return write_samples(in, samples, image.row<std::uint16_t>(y) + skip);
    case Depth::f32:
      std::copy_n(in, samples, image.row<float>(y) + skip);
  }
}

}  // namespace hdrtile
