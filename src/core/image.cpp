#include "hdrtile/image.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr std::align_val_t alignment{64};  // a cache line, and the widest vector register

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
void read_samples(const T* in, int samples, float* out) {
  constexpr auto full = static_cast<float>(std::numeric_limits<T>::max());
  std::transform(in, in + samples, out, [](T value) { return static_cast<float>(value) / full; });
}

template <typename T>
void write_samples(const float* in, int samples, T* out) {
  constexpr auto full = static_cast<float>(std::numeric_limits<T>::max());
  std::transform(in, in + samples, out, [](float value) {                // not lround: it is a call a sample
    return static_cast<T>(std::clamp(value, 0.0F, 1.0F) * full + 0.5F);  // NOLINT(bugprone-incorrect-roundings)
  });
}

}  // namespace

Image::Image(Size size, Depth depth, int channels) : size_(size), depth_(depth), channels_(channels) {
  const std::size_t count = checked_bytes(size, depth, channels);
  data_.reset(static_cast<std::byte*>(::operator new(count, alignment, std::nothrow)));
  if (!data_) {
    throw Error(ErrorCode::out_of_memory, "no memory for an image of " + std::to_string(size.width) + " x " +
                                              std::to_string(size.height) + " pixels (" + std::to_string(count >> 20) +
                                              " MiB)");
  }
  std::memset(data_.get(), 0, count);
}

void Image::Free::operator()(std::byte* p) const noexcept { ::operator delete(p, alignment); }

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
