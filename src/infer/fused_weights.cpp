#include "fused_weights.h"

#include <algorithm>

namespace hdrtile {
namespace {

void require(bool right, const std::string& name) {
  if (!right) throw NotFused{"its " + name + " is not that of a Restormer with GDFN"};
}

void require_shape(const NamedWeights& weights, const std::string& name, const std::vector<int>& shape) {
  for (int i = 0; i <= static_cast<int>(shape.size()); ++i) {  // and no further dimension
    require(weights.size(name, i) == (i < static_cast<int>(shape.size()) ? shape[i] : 0), name);
  }
}

/// One that need not be there.
std::span<const float> optional(const NamedWeights& weights, const std::string& name, int count) {
  if (!weights.has(name)) return {};
  require_shape(weights, name, {count});
  return weights.values(name);
}

kernels::HalfBlockWeights half_block(const NamedWeights& weights, const std::string& norm, const std::string& expand,
                                     const std::string& filter) {
  const int outputs = weights.size(expand + ".weight", 0);
  const int channels = weights.size(expand + ".weight", 1);
  require(outputs > 0 && channels > 0, expand);
  require_shape(weights, norm + ".weight", {channels});
  require_shape(weights, expand + ".weight", {outputs, channels, 1, 1});
  require_shape(weights, filter + ".weight", {outputs, 1, 3, 3});
  return {.channels = channels,
          .hidden = outputs,
          .gated = false,
          .centred = weights.has(norm + ".bias"),
          .norm_weight = weights.values(norm + ".weight"),
          .norm_bias = optional(weights, norm + ".bias", channels),
          .expand = weights.values(expand + ".weight"),
          .expand_bias = optional(weights, expand + ".bias", outputs),
          .filters = weights.values(filter + ".weight"),
          .filter_bias = optional(weights, filter + ".bias", outputs),
          .project = {},
          .project_bias = {}};
}

}  // namespace

NamedWeights::NamedWeights(const torch::jit::Module& module) {
  for (const auto& weight : module.named_parameters())
    tensors_.emplace(weight.name, weight.value.to(at::kFloat).contiguous());
}

bool NamedWeights::any(const std::string& prefix) const {
  const auto found = tensors_.lower_bound(prefix);
  return found != tensors_.end() && found->first.starts_with(prefix);
}

std::span<const float> NamedWeights::values(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return {};
  return {found->second.const_data_ptr<float>(), static_cast<std::size_t>(found->second.numel())};
}

int NamedWeights::size(const std::string& name, int dimension) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end() || dimension >= found->second.dim()) return 0;
  return static_cast<int>(found->second.size(dimension));
}

kernels::PackedHalfBlock fused_attention(const NamedWeights& weights, const std::string& block,
                                         const kernels::Kernels& kernels) {
  auto attention = half_block(weights, block + ".norm1", block + ".attn.v", block + ".attn.v_dwconv");
  require(attention.hidden == attention.channels, block + ".attn.v");
  require_shape(weights, block + ".attn.project_out", {attention.channels, attention.channels});
  attention.project_bias = optional(weights, block + ".attn.project_bias", attention.channels);
  return {attention, kernels};
}

FusedStatistics fused_statistics(const NamedWeights& weights, const std::string& block,
                                 const kernels::Kernels& kernels) {
  const auto half = half_block(weights, block + ".norm1", block + ".attn.qk", block + ".attn.qk_dwconv");
  const std::string temperature = block + ".attn.temperature";
  require(half.hidden == 2 * half.channels, block + ".attn.qk");
  const int head_count = weights.size(temperature, 0);
  require(head_count > 0 && half.channels % std::max(head_count, 1) == 0, temperature);
  require_shape(weights, temperature, {head_count, 1, 1});
  const auto heads = weights.values(temperature);
  const auto projection = weights.values(block + ".attn.project_out");  // its shape: fused_attention()
  return {.queries_and_keys = {half, kernels},
          .temperature = {heads.begin(), heads.end()},
          .project_out = {projection.begin(), projection.end()}};
}

kernels::PackedHalfBlock fused_feed_forward(const NamedWeights& weights, const std::string& block,
                                            const kernels::Kernels& kernels) {
  auto gdfn = half_block(weights, block + ".norm2", block + ".ffn.project_in", block + ".ffn.dwconv");
  require(gdfn.hidden % 2 == 0, block + ".ffn.project_in");
  gdfn.hidden /= 2;
  gdfn.gated = true;
  require_shape(weights, block + ".ffn.project_out.weight", {gdfn.channels, gdfn.hidden, 1, 1});
  gdfn.project = weights.values(block + ".ffn.project_out.weight");
  gdfn.project_bias = optional(weights, block + ".ffn.project_out.bias", gdfn.channels);
  return {gdfn, kernels};
}

kernels::PackedConvolution fused_convolution(const NamedWeights& weights, const std::string& name,
                                             ConvolutionShape shape, kernels::Placing placing, int factor,
                                             const kernels::Kernels& kernels) {
  const std::string values = name + ".weight";
  const int outputs = weights.size(values, 0);
  const int side = weights.size(values, 2);
  const int inputs = shape.first + shape.second;
  const int kept = shape.kept > 0 ? shape.kept : outputs - shape.skipped;
  require(kept > 0 && shape.skipped + kept <= outputs && (side == 1 || side == 3), values);
  require(placing == kernels::Placing::gathered || kept % (factor * factor) == 0, values);
  require_shape(weights, values, {outputs, inputs, side, side});
  const auto bias = optional(weights, name + ".bias", outputs);
  const std::size_t of_output = std::size_t(inputs) * side * side;
  return {{.in_channels = {shape.first, shape.second},
           .out_channels = kept,
           .side = side,
           .values = weights.values(values).subspan(shape.skipped * of_output, kept * of_output),
           .bias = bias.empty() ? bias : bias.subspan(shape.skipped, kept)},
          placing,
          factor,
          kernels};
}

kernels::PackedConvolution fused_embedding(const NamedWeights& weights, const std::string& name, int pictures,
                                           int factor, const kernels::Kernels& kernels) {
  const int inputs = pictures * 3 * factor * factor;
  const int outputs = weights.size(name + ".weight", 0);
  require(outputs > 0, name);
  require_shape(weights, name + ".weight", {outputs, inputs, 3, 3});
  const auto values = weights.values(name + ".weight");
  std::vector<float> ours(values.size());
  std::size_t at = 0;
  for (int output = 0; output < outputs; ++output) {
    for (int input = 0; input < inputs; ++input) {  // [picture][place][colour] here, [picture][colour][place] there
      const int places = factor * factor;
      const int theirs = (input / (3 * places) * 3 + input % 3) * places + input / 3 % places;
      const auto taps = values.subspan((std::size_t(output) * inputs + theirs) * 9, 9);
      for (const float tap : taps) ours[at++] = tap;
    }
  }
  return {{.in_channels = {inputs, 0},
           .out_channels = outputs,
           .side = 3,
           .values = ours,
           .bias = optional(weights, name + ".bias", outputs)},
          kernels::Placing::straight,
          1,
          kernels};
}

}  // namespace hdrtile
