#include "windowed_attention.h"

#include <ATen/Functions.h>

#include <string>

#include "fused_weights.h"

namespace hdrtile {
namespace {

torch::jit::Module part(const torch::jit::Module& module, const std::string& name) {
  if (!module.hasattr(name) || !module.attr(name).isModule()) throw NotFused{"its trunk has no " + name};
  return module.attr(name).toModule();
}

}  // namespace

bool WindowedAttention::in(const torch::jit::Module& trunk) {
  for (const auto& module : trunk.modules()) {
    if (module.hasattr("qk") && module.hasattr("cell")) return true;
  }
  return false;
}

WindowedAttention::WindowedAttention(const torch::jit::Module& trunk) {
  const auto add = [&](const torch::jit::Module& stage) {
    for (const auto& block : part(stage, "blocks").children()) {
      blocks_.push_back({.norm = part(block, "norm1"), .attention = part(block, "attn")});
      if (!blocks_.back().attention.find_method("mixing")) throw NotFused{"its attention has no mixing()"};
    }
  };
  for (const auto& encoder : part(trunk, "encoders").children()) add(encoder);
  add(part(trunk, "latent"));
  for (const auto& decoder : part(trunk, "decoders").children()) add(decoder);
  add(part(trunk, "refinement"));
}

at::Tensor WindowedAttention::of(std::size_t index, const float* x, kernels::Size size, int channels) {
  Block& block = blocks_[index];
  const auto type = block.norm.attr("weight").toTensor().scalar_type();
  const auto pixels = at::from_blob(
      const_cast<float*>(x), {1, channels, size.height, size.width},
      {std::int64_t{size.height} * size.width * channels, 1, std::int64_t{size.width} * channels, channels},
      at::kFloat);
  const auto normed = block.norm.forward({pixels.to(type)});
  const auto mix = block.attention.get_method("mixing")({normed});
  const auto attended = block.attention.forward({normed, mix});
  return attended.toTensor().to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace hdrtile
