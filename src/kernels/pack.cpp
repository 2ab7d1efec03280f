#include "pack.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace hdrtile::kernels {
namespace {

int groups(int count, int of) { return (count + of - 1) / of; }

/// The upper half of a float, rounded to nearest, ties to even.
std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

/// weight(output, value of a pixel), zero beyond the matrix: [vectors][words][lanes].
template <class Weight>
void pack(Floats& packed, Product& product, const Kernels& kernels, const Weight& weight) {
  const int lanes = kernels.lanes;
  float* to = packed.require(std::size_t(product.vectors) * product.words * lanes);
  for (int vector = 0; vector < product.vectors; ++vector) {
    for (int word = 0; word < product.words; ++word) {
      for (int lane = 0; lane < lanes; ++lane, ++to) {
        const int output = vector * lanes + lane;
        if (kernels.per_word == 1) {
          *to = weight(output, word);
        } else {
          const std::uint16_t pair[2] = {to_bf16(weight(output, 2 * word)), to_bf16(weight(output, 2 * word + 1))};
          std::memcpy(to, pair, sizeof pair);
        }
      }
    }
  }
  product.weights = packed.data();
}

/// bias(output) for whole vectors.
template <class Bias>
const float* pack_bias(Floats& packed, int count, const Bias& bias) {
  float* to = packed.require(count);
  for (int i = 0; i < count; ++i) to[i] = bias(i);
  return to;
}

/// The same for a product.
template <class Bias>
void pack_bias(Floats& packed, Product& product, const Kernels& kernels, const Bias& bias) {
  const int count = product.vectors * kernels.lanes;
  product.bias = pack_bias(packed, count, bias);
  product.biased = std::any_of(product.bias, product.bias + count, [](float value) { return value != 0; });
}

/// Words of so many values of a pixel, those of whole runs.
int padded_words(int values, const Kernels& kernels) {
  return groups(groups(values, kernels.per_word), kernels.run) * kernels.run;
}

float or_zero(std::span<const float> values, int index, int count) {
  return values.empty() || index < 0 || index >= count ? 0.F : values[index];
}

}  // namespace

PackedHalfBlock::PackedHalfBlock(const HalfBlockWeights& weights, const Kernels& kernels) : kernels_(&kernels) {
  const int lanes = kernels.lanes;
  const int channels = weights.channels;
  const int hidden = weights.hidden;
  const int padded = groups(channels, lanes) * lanes;
  view_.channels = channels;
  view_.hidden = hidden;
  view_.gated = weights.gated;
  view_.centred = weights.centred;
  view_.norm_weight = pack_bias(norm_weight_, padded, [&](int i) { return or_zero(weights.norm_weight, i, channels); });
  view_.norm_bias = pack_bias(norm_bias_, padded, [&](int i) { return or_zero(weights.norm_bias, i, channels); });

  // The model's output that a lane holds, -1: none.
  const auto output_of = [&](int lane) {
    if (!weights.gated) return lane < hidden ? lane : -1;
    const int vector = lane / lanes;
    const int index = vector / 2 * lanes + lane % lanes;
    return index < hidden ? index + vector % 2 * hidden : -1;
  };
  const int outputs = weights.gated ? 2 * hidden : hidden;
  view_.expand.vectors = groups(hidden, lanes) * (weights.gated ? 2 : 1);
  view_.expand.words = padded_words(channels, kernels);
  pack(expand_, view_.expand, kernels, [&](int lane, int input) {
    const int output = output_of(lane);
    return output < 0 || input >= channels ? 0.F : weights.expand[std::size_t(output) * channels + input];
  });
  const int all_lanes = view_.expand.vectors * lanes;
  pack_bias(expand_bias_, view_.expand, kernels,
            [&](int i) { return or_zero(weights.expand_bias, output_of(i), outputs); });
  view_.filter_bias =
      pack_bias(filter_bias_, all_lanes, [&](int i) { return or_zero(weights.filter_bias, output_of(i), outputs); });
  view_.filters = pack_bias(filters_, 9 * all_lanes, [&](int i) {  // [vector][tap][lane]
    const int output = output_of(i / (9 * lanes) * lanes + i % lanes);
    return output < 0 ? 0.F : weights.filters[std::size_t(output) * 9 + i / lanes % 9];
  });
  view_.project.vectors = groups(channels, lanes);
  view_.project.words = padded_words(hidden, kernels);
  pack_bias(project_bias_, view_.project, kernels, [&](int i) { return or_zero(weights.project_bias, i, channels); });
  if (!weights.project.empty()) set_projection(weights.project);
}

void PackedHalfBlock::set_projection(std::span<const float> project) {
  assert(project.size() == std::size_t(view_.channels) * view_.hidden);
  pack(project_, view_.project, *kernels_, [&](int output, int input) {
    return output >= view_.channels || input >= view_.hidden ? 0.F
                                                             : project[std::size_t(output) * view_.hidden + input];
  });
}

PackedConvolution::PackedConvolution(const ConvolutionWeights& weights, Placing placing, int factor,
                                     const Kernels& kernels)
    : placing_(placing), factor_(factor) {
  const int outputs = weights.out_channels;
  const int taps = weights.side * weights.side;
  const int inputs = weights.in_channels[0] + weights.in_channels[1];
  const int first = groups(weights.in_channels[0], kernels.per_word) * kernels.per_word;  // values of a pixel
  const int values = first + groups(weights.in_channels[1], kernels.per_word) * kernels.per_word;
  view_.reach = weights.side / 2;
  view_.in_channels[0] = weights.in_channels[0];
  view_.in_channels[1] = weights.in_channels[1];
  view_.out_channels = outputs;
  // Spread results lie side by side: [i][j][k] in place of [k][i][j].
  const int places = placing == Placing::spread ? factor * factor : 1;
  const int kept = outputs / places;
  const auto output_of = [&](int lane) { return lane < outputs ? lane % kept * places + lane / kept : -1; };
  view_.product.vectors = groups(outputs, kernels.lanes);
  view_.product.words = taps * values / kernels.per_word;
  pack(values_, view_.product, kernels, [&](int lane, int index) {
    const int output = output_of(lane);
    const int value = index % values;
    const int input = value < first
                          ? (value < weights.in_channels[0] ? value : -1)
                          : (value - first < weights.in_channels[1] ? value - first + weights.in_channels[0] : -1);
    if (output < 0 || input < 0) return 0.F;
    return weights.values[(std::size_t(output) * inputs + input) * taps + index / values];
  });
  pack_bias(bias_, view_.product, kernels, [&](int i) { return or_zero(weights.bias, output_of(i), outputs); });
}

PackedGuide::PackedGuide(std::span<const float> values, int depth, int height, int width) {
  view_ = {.cells = nullptr, .height = height, .width = width, .depth = depth};
  float* to = cells_.require(view_.row_floats() * (height + 1));
  view_.cells = to;
  for (int row = 0; row <= height; ++row) {
    for (int column = 0; column <= width; ++column) {
      for (int step = 0; step <= depth; ++step, to += 8) {
        for (int i = 0; i < 6; ++i) {
          const std::size_t plane = std::size_t(i) * depth + std::min(step, depth - 1);
          to[i] = values[(plane * height + std::min(row, height - 1)) * width + std::min(column, width - 1)];
        }
      }
    }
  }
}

}  // namespace hdrtile::kernels
