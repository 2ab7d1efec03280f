#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace hdrtile {

/// Sample type of an image. u8 and u16 span [0, 255] and [0, 65535] for sRGB [0, 1]; f32 is sRGB-encoded and
/// unbounded (values outside [0, 1] are colours outside the sRGB gamut).
enum class Depth : std::uint8_t { u8, u16, f32 };

[[nodiscard]] constexpr std::size_t bytes_per_sample(Depth depth) noexcept {
  return depth == Depth::u8 ? 1 : depth == Depth::u16 ? 2 : 4;
}

struct Size {
  int width = 0;
  int height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// Pixels, interleaved: height x width x channels, rows packed, upright. Three channels are RGB, one is grey or alpha.
/// Movable, not copyable (a photo is tens of megabytes). Not synchronised: one writer, or many readers.
class Image {
 public:
  Image() = default;
  /// Zeroed pixels. Throws Error{limit} when a side is below 1 or the size overflows, Error{out_of_memory} when
  /// refused.
  Image(Size size, Depth depth, int channels = 3);

  [[nodiscard]] bool empty() const noexcept { return data_ == nullptr; }
  [[nodiscard]] Size size() const noexcept { return size_; }
  [[nodiscard]] int width() const noexcept { return size_.width; }
  [[nodiscard]] int height() const noexcept { return size_.height; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  [[nodiscard]] Depth depth() const noexcept { return depth_; }
  [[nodiscard]] std::size_t row_bytes() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Row y as its sample type; T must match depth().
  template <typename T>
  [[nodiscard]] T* row(int y) noexcept {
    return reinterpret_cast<T*>(row_data(y));
  }
  template <typename T>
  [[nodiscard]] const T* row(int y) const noexcept {
    return reinterpret_cast<const T*>(row_data(y));
  }
  [[nodiscard]] std::byte* row_data(int y) noexcept;
  [[nodiscard]] const std::byte* row_data(int y) const noexcept;

 private:
  struct Free {
    void* block;  // of memory, in which the pixels start at an aligned place
    void operator()(std::byte* pixels) const noexcept;
  };
  std::unique_ptr<std::byte, Free> data_;
  Size size_;
  Depth depth_ = Depth::u8;
  int channels_ = 3;
};

/// Samples of row y, columns [x0, x0 + count), as floats (u8 / 255, u16 / 65535, f32 as it is), interleaved.
void read_row(const Image& image, int y, int x0, int count, float* out);

/// The inverse of read_row: u8 and u16 are clamped to [0, 1] and rounded to nearest.
void write_row(Image& image, int y, int x0, int count, const float* in);

}  // namespace hdrtile
