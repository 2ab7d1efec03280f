#include "mixing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hdrtile {
namespace {

void softmax(std::span<float> values) {
  const float largest = *std::ranges::max_element(values);
  float total = 0;
  for (float& value : values) total += value = std::exp(value - largest);
  for (float& value : values) value /= total;
}

}  // namespace

std::vector<float> mixing_matrix(std::span<const float> sums, std::span<const float> temperature,
                                 std::span<const float> project_out, int channels) {
  const auto count = static_cast<std::size_t>(channels);
  const std::size_t size = count / temperature.size();  // channels of a head
  const auto squares = sums.subspan(count * size);
  const auto norm = [&](std::size_t channel) { return std::max(std::sqrt(squares[channel]), 1e-12F); };
  std::vector<float> attention(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(count * size));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t head = i / size;
    for (std::size_t j = 0; j < size; ++j) {
      attention[i * size + j] *= temperature[head] / norm(i) / norm(count + head * size + j);
    }
    softmax({&attention[i * size], size});
  }
  std::vector<float> mix(count * count);
  for (std::size_t output = 0; output < count; ++output) {
    for (std::size_t i = 0; i < count; ++i) {
      const float share = project_out[output * count + i];
      float* to = &mix[output * count + i / size * size];
      for (std::size_t j = 0; j < size; ++j) to[j] += share * attention[i * size + j];
    }
  }
  return mix;
}

}  // namespace hdrtile
