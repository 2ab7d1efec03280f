#include "plain.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace hdrtile::kernels::plain {
namespace {

double or_zero(std::span<const float> values, int index) { return values.empty() ? 0. : values[index]; }

double gelu(double x) { return x * 0.5 * (1 + std::erf(x / std::numbers::sqrt2)); }

/// weights [outputs][inputs] times one pixel's values.
std::vector<double> times(std::span<const float> weights, std::span<const float> bias,
                          const std::vector<double>& values, int outputs) {
  std::vector<double> results(outputs);
  for (int o = 0; o < outputs; ++o) {
    results[o] = or_zero(bias, o);
    for (std::size_t i = 0; i < values.size(); ++i) results[o] += values[i] * weights[o * values.size() + i];
  }
  return results;
}

std::vector<double> normed(const HalfBlockWeights& weights, const float* pixel) {
  double mean = 0;
  for (int c = 0; c < weights.channels; ++c) mean += double{pixel[c]} / weights.channels;
  double variance = 0;
  for (int c = 0; c < weights.channels; ++c) variance += (pixel[c] - mean) * (pixel[c] - mean) / weights.channels;
  std::vector<double> result(weights.channels);
  for (int c = 0; c < weights.channels; ++c) {
    const double centred = pixel[c] - (weights.centred ? mean : 0.);
    result[c] = centred / std::sqrt(variance + 1e-5) * weights.norm_weight[c] + or_zero(weights.norm_bias, c);
  }
  return result;
}

}  // namespace

namespace {

/// What the depthwise filters make of the expanded, normed pixels: a vector of `outputs` a pixel.
std::vector<std::vector<double>> filtered(const HalfBlockWeights& weights, const std::vector<float>& x, Size size,
                                          int outputs) {
  const auto [height, width] = size;
  std::vector<std::vector<double>> expanded;
  expanded.reserve(std::size_t(height) * width);
  for (int i = 0; i < height * width; ++i) {
    expanded.push_back(
        times(weights.expand, weights.expand_bias, normed(weights, &x[std::size_t(i) * weights.channels]), outputs));
  }
  std::vector<std::vector<double>> result(expanded.size(), std::vector<double>(outputs));
  for (int i = 0; i < height * width; ++i) {
    for (int o = 0; o < outputs; ++o) {
      result[i][o] = or_zero(weights.filter_bias, o);
      for (int tap = 0; tap < 9; ++tap) {
        const int y = i / width + tap / 3 - 1;
        const int from = i % width + tap % 3 - 1;
        if (y < 0 || y >= height || from < 0 || from >= width) continue;
        result[i][o] += expanded[y * width + from][o] * weights.filters[std::size_t(o) * 9 + tap];
      }
    }
  }
  return result;
}

}  // namespace

std::vector<float> half_block(const HalfBlockWeights& weights, const std::vector<float>& x, Size size) {
  auto middle = filtered(weights, x, size, weights.hidden * (weights.gated ? 2 : 1));
  std::vector<float> result = x;
  for (std::size_t i = 0; i < middle.size(); ++i) {
    if (weights.gated) {
      for (int h = 0; h < weights.hidden; ++h) middle[i][h] = gelu(middle[i][h]) * middle[i][h + weights.hidden];
      middle[i].resize(weights.hidden);
    }
    const auto projected = times(weights.project, weights.project_bias, middle[i], weights.channels);
    for (int c = 0; c < weights.channels; ++c) result[i * weights.channels + c] += static_cast<float>(projected[c]);
  }
  return result;
}

std::vector<float> gram(const HalfBlockWeights& weights, int heads, const std::vector<float>& x, Size size) {
  const int channels = weights.channels;
  const int of_head = channels / heads;
  std::vector<double> sums(std::size_t(channels) * of_head + 2 * channels);
  for (const auto& pixel : filtered(weights, x, size, 2 * channels)) {
    for (int i = 0; i < channels; ++i) {
      for (int j = 0; j < of_head; ++j) sums[i * of_head + j] += pixel[i] * pixel[channels + i / of_head * of_head + j];
    }
    for (int c = 0; c < 2 * channels; ++c) sums[channels * of_head + c] += pixel[c] * pixel[c];
  }
  return {sums.begin(), sums.end()};
}

std::vector<float> convolve(const ConvolutionWeights& weights, const std::vector<float> (&inputs)[2], Size size,
                            Placing placing, int factor) {
  const int height = size.height;
  const int width = size.width;
  const int all_in = weights.in_channels[0] + weights.in_channels[1];
  const int places = factor * factor;
  const int kept = weights.out_channels / places;
  std::vector<float> result(std::size_t(height) * width * weights.out_channels);
  const auto sum_at = [&](int row, int column, int out) {
    double sum = or_zero(weights.bias, out);
    for (int in = 0; in < all_in; ++in) {
      const int which = in < weights.in_channels[0] ? 0 : 1;
      const int channel = in - which * weights.in_channels[0];
      for (int tap = 0; tap < weights.side * weights.side; ++tap) {
        const int y = row + tap / weights.side - weights.side / 2;
        const int x = column + tap % weights.side - weights.side / 2;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        sum += double{inputs[which][(std::size_t(y) * width + x) * weights.in_channels[which] + channel]} *
               weights.values[(std::size_t(out) * all_in + in) * weights.side * weights.side + tap];
      }
    }
    return static_cast<float>(sum);
  };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < weights.out_channels; ++c) {
        const int k = c / places;
        const int i = c / factor % factor;
        const int j = c % factor;
        const std::size_t wide = std::size_t(width) * factor;
        std::size_t at = 0;
        switch (placing) {
          case Placing::straight:
            at = (std::size_t(y) * width + x) * weights.out_channels + c;
            break;
          case Placing::spread:
            at = ((std::size_t(y) * factor + i) * wide + std::size_t(x) * factor + j) * kept + k;
            break;
          case Placing::gathered:
            at = (std::size_t(y / factor) * (width / factor) + x / factor) * weights.out_channels * places +
                 std::size_t(c) * places + y % factor * factor + x % factor;
            break;
          case Placing::planes:
            at = (std::size_t(k) * height * factor + std::size_t(y) * factor + i) * wide + std::size_t(x) * factor + j;
            break;
        }
        result[at] = sum_at(y, x, c);
      }
    }
  }
  return result;
}

namespace {

/// The two neighbours of a place in [0, 1] among the centres of `count` cells, and the share of the second.
struct Between {
  Between(double at, int count) {
    const double place = std::clamp(at * count - 0.5, 0., count - 1.);
    first = static_cast<int>(place);
    second = std::min(first + 1, count - 1);
    share = place - first;
  }
  int first, second;
  double share;
  [[nodiscard]] double weight(int which) const { return which == 0 ? 1 - share : share; }
  [[nodiscard]] int index(int which) const { return which == 0 ? first : second; }
};

}  // namespace

std::vector<float> apply_guide(const std::vector<float>& guide, int depth, Size grid, Place place,
                               const std::vector<float>& tile, Size size) {
  std::vector<float> result(tile.size());
  for (int i = 0; i < size.height * size.width; ++i) {
    const int row = i / size.width;
    const int column = i % size.width;
    const float* pixel = &tile[std::size_t{3} * i];
    const Between y(place.y0 + (row + 0.5) / size.height * (place.y1 - place.y0), grid.height);
    const Between x(place.x0 + (column + 0.5) / size.width * (place.x1 - place.x0), grid.width);
    const Between z(0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2], depth);
    double affine[6] = {};
    for (int corner = 0; corner < 8; ++corner) {
      const int a = corner / 4;
      const int b = corner / 2 % 2;
      const int c = corner % 2;
      for (int k = 0; k < 6; ++k) {
        affine[k] +=
            z.weight(a) * y.weight(b) * x.weight(c) *
            guide[((std::size_t(k) * depth + z.index(a)) * grid.height + y.index(b)) * grid.width + x.index(c)];
      }
    }
    for (int c = 0; c < 3; ++c)
      result[std::size_t{3} * i + c] = static_cast<float>(affine[c] * pixel[c] + affine[3 + c]);
  }
  return result;
}

Band shrink_band(const std::vector<float>& coarse, const std::vector<float>& gains, int step, Size size) {
  constexpr double taps[] = {1. / 16, 4. / 16, 6. / 16, 4. / 16, 1. / 16};
  const int pixels = size.height * size.width;
  Band band = {.smooth = std::vector<float>(coarse.size()), .taken = std::vector<float>(coarse.size())};
  for (int i = 0; i < 3 * pixels; ++i) {
    double sum = 0;
    for (int tap = 0; tap < 25; ++tap) {
      const int y = std::clamp(i / 3 / size.width + (tap / 5 - 2) * step, 0, size.height - 1);
      const int x = std::clamp(i / 3 % size.width + (tap % 5 - 2) * step, 0, size.width - 1);
      sum += taps[tap / 5] * taps[tap % 5] * coarse[(std::size_t(y) * size.width + x) * 3 + i % 3];
    }
    band.smooth[i] = static_cast<float>(sum);
  }
  for (int i = 0; i < pixels; ++i) {
    double fine[3];
    for (int c = 0; c < 3; ++c) fine[c] = double{coarse[std::size_t{3} * i + c]} - band.smooth[std::size_t{3} * i + c];
    const double grey = (fine[0] + fine[1] + fine[2]) / 3;
    for (int c = 0; c < 3; ++c) {
      band.taken[std::size_t{3} * i + c] =
          static_cast<float>(std::tanh(gains[i]) * grey + std::tanh(gains[i + pixels]) * (fine[c] - grey));
    }
  }
  return band;
}

}  // namespace hdrtile::kernels::plain
