#include "weights.h"

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

std::optional<torch::jit::Module> trunk_of(const torch::jit::Module& module) {
  if (!module.hasattr("trunk") || !module.attr("trunk").isModule()) return std::nullopt;
  return module.attr("trunk").toModule();
}

}  // namespace hdrtile
