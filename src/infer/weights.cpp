#include "weights.h"

#include <map>
#include <string>

namespace hdrtile {

void set_layout(const torch::jit::Module& module, at::MemoryFormat format) {
  for (const auto& child : module.modules()) {
    if (!child.type()->name() || child.type()->name()->name() != "Conv2d" || !child.hasattr("weight")) continue;
    const auto weight = child.attr("weight");
    if (weight.isTensor() && weight.toTensor().dim() == 4) {
      weight.toTensor().set_data(weight.toTensor().contiguous(format));
    }
  }
}

bool cast_weights(const torch::jit::Module& module, at::ScalarType type) {
  bool any = false;
  const auto cast = [&](const at::Tensor& tensor) {
    if (!tensor.is_floating_point()) return;
    tensor.set_data(tensor.to(type));
    any = true;
  };
  for (const at::Tensor& tensor : module.parameters()) cast(tensor);
  for (const at::Tensor& tensor : module.buffers()) cast(tensor);
  return any;
}

std::vector<std::uint8_t> weights_bytes(const torch::jit::Module& module) {
  std::map<std::string, at::Tensor> weights;
  for (const auto& parameter : module.named_parameters()) weights.emplace(parameter.name, parameter.value);
  for (const auto& buffer : module.named_buffers()) weights.emplace(buffer.name, buffer.value);
  std::vector<std::uint8_t> bytes;
  for (const auto& [name, weight] : weights) {
    bytes.insert(bytes.end(), name.begin(), name.end());
    const auto stored = weight.contiguous();
    const auto* data = static_cast<const std::uint8_t*>(stored.const_data_ptr());
    bytes.insert(bytes.end(), data, data + stored.nbytes());
  }
  return bytes;
}

std::optional<torch::jit::Module> trunk_of(const torch::jit::Module& module) {
  if (!module.hasattr("trunk") || !module.attr("trunk").isModule()) return std::nullopt;
  return module.attr("trunk").toModule();
}

}  // namespace hdrtile
