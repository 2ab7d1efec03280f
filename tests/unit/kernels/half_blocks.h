#pragma once

#include "random_images.h"

namespace hdrtile::kernels {

/// Half a block with weights of its own.
struct Case {
  std::vector<float> norm_weight, norm_bias, expand, expand_bias, filters, filter_bias, project, project_bias;
  HalfBlockWeights weights;
};

inline Case random_case(Numbers& numbers, int channels, int hidden, bool gated, bool biased, bool centred = true) {
  const int outputs = hidden * (gated ? 2 : 1);
  const auto scaled = [&](int count, int inputs) {
    return numbers.normal(count, 1.F / std::sqrt(static_cast<float>(inputs)));
  };
  Case result = {.norm_weight = numbers.normal(channels),
                 .norm_bias = centred ? numbers.normal(channels) : std::vector<float>{},
                 .expand = scaled(outputs * channels, channels),
                 .expand_bias = numbers.normal(biased ? outputs : 0),
                 .filters = scaled(outputs * 9, 9),
                 .filter_bias = numbers.normal(biased ? outputs : 0),
                 .project = scaled(channels * hidden, hidden),
                 .project_bias = numbers.normal(biased ? channels : 0),
                 .weights = {}};
  result.weights = {.channels = channels,
                    .hidden = hidden,
                    .gated = gated,
                    .centred = centred,
                    .norm_weight = result.norm_weight,
                    .norm_bias = result.norm_bias,
                    .expand = result.expand,
                    .expand_bias = result.expand_bias,
                    .filters = result.filters,
                    .filter_bias = result.filter_bias,
                    .project = result.project,
                    .project_bias = result.project_bias};
  return result;
}

}  // namespace hdrtile::kernels
