#include "fused_trunk.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mixing.h"

namespace hdrtile {
namespace {

using kernels::Placing;
using kernels::Size;

std::string indexed(const std::string& list, std::size_t index, const std::string& rest = "") {
  return list + "." + std::to_string(index) + rest;
}

std::size_t pixels(Size size) { return std::size_t(size.height) * size.width; }

/// Pictures [size][3] as [height / factor][width / factor][picture][factor][factor][3].
void unshuffle(const std::vector<const float*>& pictures, Size size, int factor, float* out, Workers& workers) {
  const int width = size.width / factor;
  const int run = 3 * factor;  // floats that lie side by side in both
  workers.share_rows(size.height / factor, 0, [&](int begin, int end, float*) {
    for (int y = begin; y < end; ++y) {
      float* to = out + std::size_t(y) * width * pictures.size() * factor * run;
      for (int x = 0; x < width; ++x) {
        for (const float* picture : pictures) {
          for (int i = 0; i < factor; ++i, to += run) {
            const float* from = picture + ((std::size_t(y) * factor + i) * width + x) * run;
            for (int k = 0; k < run; ++k) to[k] = from[k];
          }
        }
      }
    }
  });
}

/// Two images side by side in channels.
void join(const float* first, const float* second, std::size_t count, int channels, float* out) {
  for (std::size_t i = 0; i < count; ++i, out += 2 * channels) {
    std::memcpy(out, first + i * channels, channels * sizeof(float));
    std::memcpy(out + channels, second + i * channels, channels * sizeof(float));
  }
}

/// y = x + what windowed attention gave.
void add_windowed(const at::Tensor& attended, const float* x, float* y) {
  const auto* values = attended.const_data_ptr<float>();
  const auto count = static_cast<std::size_t>(attended.numel());
  for (std::size_t i = 0; i < count; ++i) y[i] = x[i] + values[i];
}

/// Columns of a part whose ring of expanded rows stays in a core's second-level cache.
int columns_of_part(const kernels::HalfBlock& weights, int lanes, int width) {
  constexpr int ring_floats = 96 * 1024;
  const int most = std::max(ring_floats / (3 * weights.expand.vectors * lanes), 16);
  const int parts = (width + most - 1) / most;
  return (width + parts - 1) / parts;
}

}  // namespace

FusedTrunk::FusedTrunk(const NamedWeights& weights, const std::string& name, int pictures, Statistics statistics,
                       const kernels::Kernels& kernels, Workers& workers)
    : kernels_(&kernels), workers_(&workers), statistics_(statistics) {
  const int inputs = weights.size(name + ".embed.weight", 1);
  unshuffle_ = static_cast<int>(std::lround(std::sqrt(inputs / (3 * pictures))));
  const auto require = [](bool right, const std::string& part) {
    if (!right) throw NotFused{"its " + part + " is not that of a Restormer"};
  };
  require(inputs > 0 && inputs == 3 * pictures * unshuffle_ * unshuffle_, name + ".embed");
  embed_ = fused_embedding(weights, name + ".embed", pictures, unshuffle_, kernels);
  int channels = embed_->view().out_channels;
  for (std::size_t i = 0; weights.any(indexed(name + ".downs", i) + "."); ++i) {
    levels_.emplace_back().channels = channels;
    encoders_.push_back(stage(weights, indexed(name + ".encoders", i), channels));
    downs_.push_back(fused_convolution(weights, indexed(name + ".downs", i, ".0"), {.first = channels}, Placing::gathered,
                                       2, kernels));
    channels = 4 * downs_.back().view().out_channels;
  }
  levels_.emplace_back().channels = channels;
  latent_ = stage(weights, name + ".latent", channels);
  for (std::size_t i = 0; i < downs_.size(); ++i) {
    ups_.push_back(
        fused_convolution(weights, indexed(name + ".ups", i, ".0"), {.first = channels}, Placing::spread, 2, kernels));
    channels = levels_[downs_.size() - 1 - i].channels;
    require(ups_.back().view().out_channels == 4 * channels, indexed(name + ".ups", i));
    reduces_.emplace_back();
    const std::string reduce = indexed(name + ".reduces", i);
    if (weights.any(reduce + ".")) {
      reduces_.back() =
          fused_convolution(weights, reduce, {.first = channels, .second = channels}, Placing::straight, 1, kernels);
      require(reduces_.back()->view().out_channels == channels && reduces_.back()->view().reach == 0, reduce);
    } else {
      channels *= 2;
    }
    decoders_.push_back(stage(weights, indexed(name + ".decoders", i), channels));
  }
  refinement_ = stage(weights, name + ".refinement", channels);
  const int residual = 3 * unshuffle_ * unshuffle_;
  residual_ = fused_convolution(weights, name + ".output", {.first = channels, .kept = residual}, Placing::spread,
                                unshuffle_, kernels);
  maps_ = (weights.size(name + ".output.weight", 0) - residual) / (unshuffle_ * unshuffle_);
  if (maps_ > 0) {
    map_ = fused_convolution(weights, name + ".output", {.first = channels, .skipped = residual}, Placing::planes,
                             unshuffle_, kernels);
  }
}

FusedTrunk::Stage FusedTrunk::stage(const NamedWeights& weights, const std::string& name, int channels) {
  Stage result;
  for (std::size_t i = 0; weights.any(indexed(name + ".blocks", i) + "."); ++i) {
    const std::string block = indexed(name + ".blocks", i);
    result.push_back({blocks_++, fused_attention(weights, block, *kernels_),
                      fused_feed_forward(weights, block, *kernels_), std::nullopt});
    if (statistics_ == Statistics::of_tile) result.back().statistics = fused_statistics(weights, block, *kernels_);
    for (const auto* half : {&result.back().attention, &result.back().feed_forward}) {
      if (half->view().channels != channels)
        throw NotFused{"its " + block + " has another width than what is before it"};
    }
    mixes_ += std::size_t(channels) * channels;
  }
  return result;
}

void FusedTrunk::set_mixes(std::span<const float> mixes) {
  const auto take = [&](Stage& stage) {
    for (Block& block : stage) {
      const std::size_t count = std::size_t(block.attention.view().channels) * block.attention.view().channels;
      block.attention.set_projection(mixes.first(count));
      mixes = mixes.subspan(count);
    }
  };
  for (Stage& encoder : encoders_) take(encoder);
  take(latent_);
  for (Stage& decoder : decoders_) take(decoder);
  take(refinement_);
}

FusedTrunk::Output FusedTrunk::run(const std::vector<const float*>& pictures, Size size, WindowedAttention* windowed) {
  const float* const x = features(pictures, size, windowed);
  convolve(*residual_, x, nullptr, result_.require(3 * pixels(size)), levels_[0].size);
  if (map_) convolve(*map_, x, nullptr, ends_.require(maps_ * pixels(size)), levels_[0].size);
  return {.residual = result_.data(), .maps = ends_.data()};
}

std::span<const float> FusedTrunk::take_mixes(const std::vector<const float*>& pictures, Size size) {
  (void)features(pictures, size, nullptr);
  return taken_mixes_;
}

const float* FusedTrunk::features(const std::vector<const float*>& pictures, Size size, WindowedAttention* windowed) {
  taken_mixes_.clear();
  Size at = {size.height / unshuffle_, size.width / unshuffle_};
  unshuffle(pictures, size, unshuffle_, ends_.require(3 * pictures.size() * pixels(size)), *workers_);
  for (Level& level : levels_) {
    level.size = at;
    level.kept.require(pixels(at) * level.channels);
    level.other.require(pixels(at) * level.channels);
    at = {at.height / 2, at.width / 2};
  }
  convolve(*embed_, ends_.data(), nullptr, levels_[0].kept.data(), levels_[0].size);
  for (std::size_t i = 0; i < downs_.size(); ++i) {
    run_stage(encoders_[i], levels_[i].kept, levels_[i].other, levels_[i].size, windowed);
    convolve(downs_[i], levels_[i].kept.data(), nullptr, levels_[i + 1].kept.data(), levels_[i].size);
  }
  run_stage(latent_, levels_.back().kept, levels_.back().other, levels_.back().size, windowed);
  kernels::Floats* x = &levels_.back().kept;
  for (std::size_t i = 0; i < downs_.size(); ++i) {
    Level& level = levels_[downs_.size() - 1 - i];
    convolve(ups_[i], x->data(), nullptr, level.other.data(), {level.size.height / 2, level.size.width / 2});
    x = &level.kept;
    if (reduces_[i]) {  // pixel by pixel, so it can take the skip's place
      convolve(*reduces_[i], level.other.data(), level.kept.data(), level.kept.data(), level.size);
    } else {
      x = &level.joined;
      join(level.other.data(), level.kept.data(), pixels(level.size), level.channels,
           level.joined.require(2 * pixels(level.size) * level.channels));
      level.other.require(2 * pixels(level.size) * level.channels);
    }
    run_stage(decoders_[i], *x, level.other, level.size, windowed);
  }
  run_stage(refinement_, *x, levels_[0].other, levels_[0].size, windowed);
  return x->data();
}

void FusedTrunk::run_stage(Stage& stage, kernels::Floats& x, kernels::Floats& other, Size size,
                           WindowedAttention* windowed) {
  for (Block& block : stage) {
    if (windowed != nullptr) {
      add_windowed(windowed->of(block.index, x.data(), size, block.attention.view().channels), x.data(), other.data());
    } else {
      if (block.statistics) take_statistics(block, x.data(), size);
      half_block(block.attention.view(), x.data(), other.data(), size);
    }
    half_block(block.feed_forward.view(), other.data(), x.data(), size);
  }
}

void FusedTrunk::take_statistics(Block& block, const float* x, Size size) {
  // Whatever the number of threads: sums do not depend on it. A tile has strips of 32 rows, a preview at least two: the
  // deepest level of a painter has 18 rows in all.
  const int most = std::max({2, std::min(8, size.height / 16), (size.height + 31) / 32});
  const int rows = (size.height + most - 1) / most;
  const kernels::HalfBlock& weights = block.statistics->queries_and_keys.view();
  const int heads = static_cast<int>(block.statistics->temperature.size());
  const std::size_t count = std::size_t(weights.channels) * (weights.channels / heads + 2);
  const int strips = (size.height + rows - 1) / rows;
  const int columns = columns_of_part(weights, kernels_->lanes, size.width);
  std::vector<float> sums(count * strips);
  workers_->share(strips, kernels_->gram_scratch(weights, {0, rows, 0, columns}), [&](int strip, float* scratch) {
    for (int column = 0; column < size.width; column += columns) {
      const kernels::Part part = {strip * rows, std::min((strip + 1) * rows, size.height), column,
                                  std::min(column + columns, size.width)};
      kernels_->gram(weights, heads, x, size, part, &sums[strip * count], scratch);
    }
  });
  for (int strip = 1; strip < strips; ++strip) {
    for (std::size_t i = 0; i < count; ++i) sums[i] += sums[strip * count + i];
  }
  const auto mix = mixing_matrix(std::span(sums).first(count), block.statistics->temperature,
                                 block.statistics->project_out, weights.channels);
  block.attention.set_projection(mix);
  taken_mixes_.insert(taken_mixes_.end(), mix.begin(), mix.end());
}

void FusedTrunk::half_block(const kernels::HalfBlock& weights, const float* x, float* y, Size size) const {
  const int columns = columns_of_part(weights, kernels_->lanes, size.width);
  const std::size_t scratch_floats = kernels_->half_block_scratch(weights, {0, size.height, 0, columns});
  workers_->share_rows(size.height, scratch_floats, [&](int begin, int end, float* scratch) {
    for (int column = 0; column < size.width; column += columns) {
      kernels_->half_block(weights, x, y, size, {begin, end, column, std::min(column + columns, size.width)}, scratch);
    }
  });
}

void FusedTrunk::convolve(const kernels::PackedConvolution& weights, const float* x, const float* beside, float* y,
                          Size size) const {
  const float* const inputs[2] = {x, beside};
  workers_->share_rows(
      size.height, kernels_->convolve_scratch(weights.view(), size.width), [&](int begin, int end, float* scratch) {
        kernels_->convolve(weights.view(), inputs, y, size, begin, end, weights.placing(), weights.factor(), scratch);
      });
}

}  // namespace hdrtile
