#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace hdrtile {

/// Lays out the weights of 2-D convolutions, in place. Their results follow, and with them most activations.
void set_layout(const torch::jit::Module& module, at::MemoryFormat format);

/// Casts weights and buffers in place. False when there are none: a frozen module holds them as constants.
bool cast_weights(const torch::jit::Module& module, at::ScalarType type);

/// Names and bytes of all weights and buffers, one after another, sorted by name: what "weights_sha256" is taken of.
[[nodiscard]] std::vector<std::uint8_t> weights_bytes(const torch::jit::Module& module);

/// The submodule `trunk`, which alone is cast in contextual models.
[[nodiscard]] std::optional<torch::jit::Module> trunk_of(const torch::jit::Module& module);

}  // namespace hdrtile
