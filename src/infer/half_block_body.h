#pragma once

#include <cstddef>

#ifdef __CUDACC__
#define HDRTILE_DEVICE __device__ __forceinline__
#define HDRTILE_UNROLL _Pragma("unroll")  // sums stay in registers only where their indices are known
#else
#define HDRTILE_DEVICE inline
#define HDRTILE_UNROLL
#endif

/// Half a block of a contextual Restormer, fused for tensor cores: what one group of threads does with one patch.
/// Written once for two machines: a GPU (half_block.cu), and a CPU that plays a group of one thread in one warp, on
/// which a test holds this arithmetic to the plain operators. `Machine` has Half, to_float, to_half, Sums (16 x 16 in
/// FP32), zero, multiply_add, store, and who one is: thread() of threads(), lane() of lanes() in warp() of warps,
/// sync(), sync_warp().
namespace hdrtile::half_block_kernel {

constexpr int patch = 16;             // pixels a side that a group finishes
constexpr int wide = patch + 2;       // with the border that the depthwise filter sees
constexpr int inner = patch * patch;  // pixels
constexpr int outer = wide * wide;    // pixels
constexpr int fragment = 16;          // side of what a tensor core multiplies
constexpr int outer_fragments = (outer + fragment - 1) / fragment;
constexpr int padding = 8;             // halves after each row, so that rows lie in different banks
constexpr float norm_epsilon = 1e-5F;  // as torch.nn.functional.layer_norm is called in models/attention.py

/// y = x + project(middle(depthwise3x3(expand(norm(x))))), see kernels A and B of Restormer's block: for the
/// feed-forward half the middle is GELU(gate) * value, and `expand` makes twice `hidden` channels, gates first; for
/// attention it is nothing, and `project` is the photo's mixing matrix.
template <typename Half>
struct Arguments {
  const Half* x = nullptr;  ///< [images][height][width][channels]
  Half* y = nullptr;        ///< the same; not x
  int height = 0;
  int width = 0;
  int hidden = 0;
  const Half* norm_weight = nullptr;  ///< [channels]
  const Half* norm_bias = nullptr;
  const Half* expand = nullptr;   ///< [hidden or 2 * hidden][channels]
  const Half* filters = nullptr;  ///< [hidden or 2 * hidden][9]
  const Half* project = nullptr;  ///< [channels][hidden]
};

/// What a group shares. 32-byte alignment is what fragments are loaded with.
template <typename Half, int channels, bool gated, int warps>
struct alignas(32) Shared {
  static constexpr int parts = gated ? 2 : 1;
  static constexpr int wide_row = channels + padding;
  static constexpr int chunk_row = fragment + padding;
  Half normed[outer_fragments * fragment][wide_row];
  Half expanded[parts][outer_fragments * fragment][chunk_row];
  Half middle[inner][chunk_row];
  Half expand[parts][fragment][wide_row];
  Half project[channels][chunk_row];
  float staged[warps][fragment * fragment];
};

template <typename Machine, int channels, bool gated>
class Patch {
  using Half = typename Machine::Half;
  using Sums = typename Machine::Sums;

 public:
  using Memory = Shared<Half, channels, gated, Machine::warps>;

  HDRTILE_DEVICE Patch(const Arguments<Half>& arguments, Memory& memory, int image, int y0, int x0)
      : in_(arguments),
        memory_(memory),
        image_(static_cast<std::size_t>(image) * arguments.height * arguments.width * channels),
        y0_(y0),
        x0_(x0) {}

  HDRTILE_DEVICE void run() {
    normalise();
    Sums sums[fragments_a_warp][channel_fragments];
    HDRTILE_UNROLL
    for (int i = 0; i < fragments_a_warp * channel_fragments; ++i) {
      Machine::zero(sums[i / channel_fragments][i % channel_fragments]);
    }
    for (int first = 0; first < in_.hidden; first += fragment) {
      Machine::sync();  // the last chunk was read
      load_weights(first);
      Machine::sync();
      for (int part = 0; part < Memory::parts; ++part) expand(part);
      Machine::sync();
      filter(first);
      Machine::sync();
      project(sums);
    }
    write(sums);
  }

 private:
  static constexpr int channel_fragments = channels / fragment;
  static constexpr int fragments_a_warp = inner / fragment / Machine::warps;

  /// Whether pixel i of the wide patch lies in the image.
  HDRTILE_DEVICE bool inside(int i) const {
    const int y = y0_ - 1 + i / wide;
    const int x = x0_ - 1 + i % wide;
    return i < outer && y >= 0 && y < in_.height && x >= 0 && x < in_.width;
  }
  HDRTILE_DEVICE std::size_t place(int y, int x) const {
    return image_ + (static_cast<std::size_t>(y) * in_.width + x) * channels;
  }

  HDRTILE_DEVICE void normalise() {
    for (int i = Machine::thread(); i < outer_fragments * fragment; i += Machine::threads()) {
      Half* out = memory_.normed[i];
      if (!inside(i)) {
        for (int c = 0; c < channels; ++c) out[c] = Machine::to_half(0.0F);
        continue;
      }
      const Half* in = in_.x + place(y0_ - 1 + i / wide, x0_ - 1 + i % wide);
      float mean = 0;
      for (int c = 0; c < channels; ++c) mean += Machine::to_float(in[c]);
      mean /= channels;
      float variance = 0;
      for (int c = 0; c < channels; ++c) {
        const float off = Machine::to_float(in[c]) - mean;
        variance += off * off;
      }
      const float scale = Machine::inverse_root(variance / channels + norm_epsilon);
      for (int c = 0; c < channels; ++c) {
        out[c] = Machine::to_half((Machine::to_float(in[c]) - mean) * scale * Machine::to_float(in_.norm_weight[c]) +
                                  Machine::to_float(in_.norm_bias[c]));
      }
    }
  }

  /// The weights of hidden channels first ... first + 15; zeros past the last, so that it may be any number.
  HDRTILE_DEVICE void load_weights(int first) {
    for (int i = Machine::thread(); i < Memory::parts * fragment * channels; i += Machine::threads()) {
      const int part = i / (fragment * channels);
      const int row = i / channels % fragment;
      const bool there = first + row < in_.hidden;
      const std::size_t from = (static_cast<std::size_t>(part) * in_.hidden + first + row) * channels + i % channels;
      memory_.expand[part][row][i % channels] = there ? in_.expand[from] : Machine::to_half(0.0F);
    }
    for (int i = Machine::thread(); i < channels * fragment; i += Machine::threads()) {
      const int row = i / fragment;
      const int column = first + i % fragment;
      const bool there = column < in_.hidden;
      memory_.project[row][i % fragment] =
          there ? in_.project[static_cast<std::size_t>(row) * in_.hidden + column] : Machine::to_half(0.0F);
    }
  }

  /// The first product. What lies outside the image is 0 for the filter that follows.
  HDRTILE_DEVICE void expand(int part) {
    float* staged = memory_.staged[Machine::warp()];
    for (int row = Machine::warp(); row < outer_fragments; row += Machine::warps) {
      Sums sums;
      Machine::zero(sums);
      for (int k = 0; k < channels; k += fragment) {
        Machine::multiply_add(sums, &memory_.normed[row * fragment][k], Memory::wide_row, &memory_.expand[part][0][k],
                              Memory::wide_row);
      }
      Machine::store(staged, sums);
      Machine::sync_warp();
      for (int i = Machine::lane(); i < fragment * fragment; i += Machine::lanes) {
        const int pixel = row * fragment + i / fragment;
        memory_.expanded[part][pixel][i % fragment] = Machine::to_half(inside(pixel) ? staged[i] : 0.0F);
      }
      Machine::sync_warp();
    }
  }

  HDRTILE_DEVICE float filtered(int part, int pixel, int column, int channel) const {
    const int corner = pixel / patch * wide + pixel % patch;
    const Half* filter = in_.filters + (static_cast<std::size_t>(part) * in_.hidden + channel) * 9;
    float sum = 0;
    for (int tap = 0; tap < 9; ++tap) {
      const int from = corner + tap / 3 * wide + tap % 3;
      sum += Machine::to_float(filter[tap]) * Machine::to_float(memory_.expanded[part][from][column]);
    }
    return sum;
  }

  HDRTILE_DEVICE void filter(int first) {
    for (int i = Machine::thread(); i < inner * fragment; i += Machine::threads()) {
      const int pixel = i / fragment;
      const int column = i % fragment;
      float value = 0;
      if (first + column < in_.hidden) {
        value = filtered(0, pixel, column, first + column);
        if constexpr (gated) value = Machine::gelu(value) * filtered(1, pixel, column, first + column);
      }
      memory_.middle[pixel][column] = Machine::to_half(value);
    }
  }

  HDRTILE_DEVICE void project(Sums (&sums)[fragments_a_warp][channel_fragments]) {
    HDRTILE_UNROLL
    for (int i = 0; i < fragments_a_warp; ++i) {
      const int row = (Machine::warp() * fragments_a_warp + i) * fragment;
      HDRTILE_UNROLL
      for (int c = 0; c < channel_fragments; ++c) {
        Machine::multiply_add(sums[i][c], &memory_.middle[row][0], Memory::chunk_row, &memory_.project[c * fragment][0],
                              Memory::chunk_row);
      }
    }
  }

  HDRTILE_DEVICE void write(const Sums (&sums)[fragments_a_warp][channel_fragments]) {
    float* staged = memory_.staged[Machine::warp()];
    HDRTILE_UNROLL
    for (int i = 0; i < fragments_a_warp; ++i) {
      HDRTILE_UNROLL
      for (int c = 0; c < channel_fragments; ++c) {
        Machine::store(staged, sums[i][c]);
        Machine::sync_warp();
        for (int k = Machine::lane(); k < fragment * fragment; k += Machine::lanes) {
          const int pixel = (Machine::warp() * fragments_a_warp + i) * fragment + k / fragment;
          const int y = y0_ + pixel / patch;
          const int x = x0_ + pixel % patch;
          if (y >= in_.height || x >= in_.width) continue;
          const std::size_t at = place(y, x) + c * fragment + k % fragment;
          in_.y[at] = Machine::to_half(Machine::to_float(in_.x[at]) + staged[k]);
        }
        Machine::sync_warp();
      }
    }
  }

  Arguments<Half> in_;
  Memory& memory_;
  std::size_t image_;
  int y0_;
  int x0_;
};

}  // namespace hdrtile::half_block_kernel
