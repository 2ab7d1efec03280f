#include "samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <vector>

namespace hdrtile {
namespace {

/// Calls work with a value of the image's sample type.
template <typename Work>
void with_sample_type(Depth depth, const Work& work) {
  switch (depth) {
    case Depth::u8:
      return work(std::uint8_t());
    case Depth::u16:
      return work(std::uint16_t());
    case Depth::f32:
      return work(float());
  }
}

template <typename T>
T luma(const T* rgb) {
  if (rgb[0] == rgb[1] && rgb[1] == rgb[2]) return rgb[0];
  const float value = 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2];
  return static_cast<T>(value + (std::is_integral_v<T> ? 0.5F : 0.0F));
}

/// Triangular noise of one step to each side. A hash of the place (Wang's) stands for chance: same photo, same bytes.
void add_noise(std::vector<float>& row, int y, float steps) {
  const auto uniform = [](std::uint32_t seed) {
    seed = (seed ^ 61U) ^ (seed >> 16U);
    seed *= 9U;
    seed ^= seed >> 4U;
    seed *= 0x27D4EB2DU;
    seed ^= seed >> 15U;
    return static_cast<float>(seed) * 0x1p-32F;
  };
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::uint32_t place = 2 * (static_cast<std::uint32_t>(y) * 0x9E3779B1U + static_cast<std::uint32_t>(i));
    row[i] += (uniform(place) - uniform(place + 1)) / steps;
  }
}

/// out = scale(in, alpha), value by value.
template <typename Scale>
void scale_by(const Image& in, Image& out, const Image& alpha, const Scale& scale) {
  const int channels = in.channels();
  std::vector<float> row(static_cast<std::size_t>(in.width()) * channels);
  std::vector<float> shares(in.width());
  for (int y = 0; y < in.height(); ++y) {
    read_row(in, y, 0, in.width(), row.data());
    read_row(alpha, y, 0, in.width(), shares.data());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = scale(row[i], shares[i / channels]);
    write_row(out, y, 0, out.width(), row.data());
  }
}

}  // namespace

Image to_depth(const Image& image, Depth depth, bool dither) {
  Image out(image.size(), depth, image.channels());
  std::vector<float> row(static_cast<std::size_t>(image.width()) * image.channels());
  for (int y = 0; y < image.height(); ++y) {
    read_row(image, y, 0, image.width(), row.data());
    if (dither && depth != Depth::f32) add_noise(row, y, depth == Depth::u8 ? 255.0F : 65535.0F);
    write_row(out, y, 0, out.width(), row.data());
  }
  return out;
}

void replace_nan(Image& samples, Warnings& warnings) {
  if (samples.depth() != Depth::f32) return;
  bool found = false;
  for (int y = 0; y < samples.height(); ++y) {
    auto* row = samples.row<float>(y);
    for (int i = 0; i < samples.width() * samples.channels(); ++i) {
      if (std::isfinite(row[i])) continue;
      row[i] = 0;
      found = true;
    }
  }
  if (found) warnings.emplace_back("values that are no numbers were taken as black");
}

std::pair<Image, Image> split_alpha(const Image& samples) {
  const int channels = samples.channels() - 1;
  Image colour(samples.size(), samples.depth(), channels);
  Image alpha(samples.size(), samples.depth(), 1);
  const std::size_t sample = bytes_per_sample(samples.depth());
  for (int y = 0; y < samples.height(); ++y) {
    const std::byte* in = samples.row_data(y);
    std::byte* to_colour = colour.row_data(y);
    std::byte* to_alpha = alpha.row_data(y);
    for (int x = 0; x < samples.width(); ++x, in += sample, to_alpha += sample) {
      std::memcpy(to_colour, in, channels * sample);
      in += channels * sample;
      to_colour += channels * sample;
      std::memcpy(to_alpha, in, sample);
    }
  }
  return {std::move(colour), std::move(alpha)};
}

Image merge_alpha(const Image& colour, const Image& alpha) {
  Image merged(colour.size(), colour.depth(), colour.channels() + 1);
  const std::size_t sample = bytes_per_sample(colour.depth());
  for (int y = 0; y < merged.height(); ++y) {
    std::byte* out = merged.row_data(y);
    const std::byte* from_colour = colour.row_data(y);
    const std::byte* from_alpha = alpha.row_data(y);
    for (int x = 0; x < merged.width(); ++x, out += sample, from_alpha += sample) {
      std::memcpy(out, from_colour, colour.channels() * sample);
      out += colour.channels() * sample;
      from_colour += colour.channels() * sample;
      std::memcpy(out, from_alpha, sample);
    }
  }
  return merged;
}

void unpremultiply(Image& colour, const Image& alpha) {
  scale_by(colour, colour, alpha,
           [](float value, float share) { return share > 0 ? std::min(value / share, 1.0F) : 0; });
}

Image premultiplied(const Image& colour, const Image& alpha) {
  Image out(colour.size(), colour.depth(), colour.channels());
  scale_by(colour, out, alpha, [](float value, float share) { return value * share; });
  return out;
}

Image expand_grey(const Image& grey) {
  Image rgb(grey.size(), grey.depth());
  with_sample_type(grey.depth(), [&](auto sample) {
    using T = decltype(sample);
    for (int y = 0; y < grey.height(); ++y) {
      const T* in = grey.row<T>(y);
      T* out = rgb.row<T>(y);
      for (int x = 0; x < grey.width(); ++x, out += 3) out[0] = out[1] = out[2] = in[x];
    }
  });
  return rgb;
}

Image to_grey(const Image& rgb) {
  Image grey(rgb.size(), rgb.depth(), 1);
  with_sample_type(rgb.depth(), [&](auto sample) {
    using T = decltype(sample);
    for (int y = 0; y < rgb.height(); ++y) {
      const T* in = rgb.row<T>(y);
      T* out = grey.row<T>(y);
      for (int x = 0; x < rgb.width(); ++x) out[x] = luma(in + 3 * static_cast<std::ptrdiff_t>(x));
    }
  });
  return grey;
}

}  // namespace hdrtile
