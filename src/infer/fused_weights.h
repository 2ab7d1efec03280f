#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "kernels/pack.h"

namespace hdrtile {

/// A module's weights by name, as FP32. Names that are not there are empty.
class NamedWeights {
 public:
  explicit NamedWeights(const torch::jit::Module& module);
  /// Those below `prefix`.
  [[nodiscard]] bool any(const std::string& prefix) const;
  [[nodiscard]] bool has(const std::string& name) const { return tensors_.contains(name); }
  [[nodiscard]] std::span<const float> values(const std::string& name) const;
  /// 0 where there is no such weight or dimension.
  [[nodiscard]] int size(const std::string& name, int dimension) const;

 private:
  std::map<std::string, at::Tensor> tensors_;
};

/// Why a model does not run through fused kernels: the end of a sentence that starts with "it cannot, as".
struct NotFused {
  std::string reason;
};

/// The layers of models/restormer.py under their names there. All throw NotFused where names or shapes are others.
/// `attention` is the half before `norm2` without its projection, `feed_forward` that after it, a GDFN.
[[nodiscard]] kernels::PackedHalfBlock fused_attention(const NamedWeights& weights, const std::string& block,
                                                       const kernels::Kernels& kernels);
[[nodiscard]] kernels::PackedHalfBlock fused_feed_forward(const NamedWeights& weights, const std::string& block,
                                                          const kernels::Kernels& kernels);
/// What attention takes of its own input: the half before its statistics, and what they are turned into a matrix with.
struct FusedStatistics {
  kernels::PackedHalfBlock queries_and_keys;
  std::vector<float> temperature, project_out;
};
[[nodiscard]] FusedStatistics fused_statistics(const NamedWeights& weights, const std::string& block,
                                               const kernels::Kernels& kernels);
/// A convolution of `first` channels and, side by side with them, `second`; of its outputs those from `skipped` on,
/// `kept` of them or, where that is 0, all.
struct ConvolutionShape {
  int first = 0, second = 0;
  int skipped = 0, kept = 0;
};
[[nodiscard]] kernels::PackedConvolution fused_convolution(const NamedWeights& weights, const std::string& name,
                                                           ConvolutionShape shape, kernels::Placing placing, int factor,
                                                           const kernels::Kernels& kernels);
/// The first convolution, which reads `pictures` of three channels [height / factor][width / factor][factor][factor][3]
/// each, where the model has them by pixel-unshuffle.
[[nodiscard]] kernels::PackedConvolution fused_embedding(const NamedWeights& weights, const std::string& name,
                                                         int pictures, int factor, const kernels::Kernels& kernels);

}  // namespace hdrtile
