#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fused_weights.h"
#include "kernels/pack.h"
#include "windowed_attention.h"
#include "workers.h"

namespace hdrtile {

/// Where attention's mixing matrices come from: given by set_mixes(), or from the statistics of all the pixels of the
/// tile; or there are none, as attention is one of windows.
enum class Statistics : std::uint8_t { given, of_tile, of_windows };

/// A Restormer of models/restormer.py, any width and depth, run by fused kernels: the whole pass over a tile without a
/// tensor. Scratch and activations are kept from tile to tile. Not thread-safe; shares its work among `workers`, which
/// outlive it.
class FusedTrunk {
 public:
  /// Throws NotFused where the weights below `name` ("trunk") are not those of such a network that takes `pictures` of
  /// three channels.
  FusedTrunk(const NamedWeights& weights, const std::string& name, int pictures, Statistics statistics,
             const kernels::Kernels& kernels, Workers& workers);

  /// Of the output, beside the residual.
  [[nodiscard]] int maps() const noexcept { return maps_; }
  /// Values of the mixing matrices of all blocks.
  [[nodiscard]] std::size_t mixes() const noexcept { return mixes_; }

  /// The mixing matrices of a photo, block by block.
  void set_mixes(std::span<const float> mixes);
  /// Those that the network, with Statistics::of_tile, takes of pictures as run() has them. Valid until the next call.
  [[nodiscard]] std::span<const float> take_mixes(const std::vector<const float*>& pictures, kernels::Size size);

  struct Output {
    const float* residual;  ///< [size][3]
    const float* maps;      ///< planes [maps()][size]
  };
  /// pictures: [size][3] each. The result is valid until the next call. Sides are multiples of the network's.
  /// `windowed` is the attention, where it is one of windows.
  [[nodiscard]] Output run(const std::vector<const float*>& pictures, kernels::Size size,
                           WindowedAttention* windowed = nullptr);

 private:
  struct Block {
    std::size_t index;  // among all
    kernels::PackedHalfBlock attention, feed_forward;
    std::optional<FusedStatistics> statistics;
  };
  using Stage = std::vector<Block>;
  /// What a level of the network keeps: its activations, those they go to and come from in turn, the join of skip and
  /// decoded where nothing reduces it.
  struct Level {
    int channels = 0;
    kernels::Size size{};
    kernels::Floats kept, other, joined;
  };

  [[nodiscard]] Stage stage(const NamedWeights& weights, const std::string& name, int channels);
  /// All but the last convolutions: what these are to take.
  [[nodiscard]] const float* features(const std::vector<const float*>& pictures, kernels::Size size,
                                      WindowedAttention* windowed);
  void run_stage(Stage& stage, kernels::Floats& x, kernels::Floats& other, kernels::Size size,
                 WindowedAttention* windowed);
  /// A block's mixing matrix from the pixels that it is to mix.
  void take_statistics(Block& block, const float* x, kernels::Size size);
  void half_block(const kernels::HalfBlock& weights, const float* x, float* y, kernels::Size size) const;
  void convolve(const kernels::PackedConvolution& weights, const float* x, const float* beside, float* y,
                kernels::Size size) const;

  const kernels::Kernels* kernels_;
  Workers* workers_;
  Statistics statistics_;
  int unshuffle_ = 1;
  int maps_ = 0;
  std::size_t mixes_ = 0;
  std::size_t blocks_ = 0;
  std::optional<kernels::PackedConvolution> embed_, residual_, map_;
  std::vector<Stage> encoders_, decoders_;  // decoders, ups and reduces from the deepest
  Stage latent_, refinement_;
  std::vector<kernels::PackedConvolution> downs_, ups_;
  std::vector<std::optional<kernels::PackedConvolution>> reduces_;
  std::vector<Level> levels_;
  std::vector<float> taken_mixes_;
  kernels::Floats ends_, result_;  // ends_: the pictures first, in the end the maps
};

}  // namespace hdrtile
