#pragma once

#include <cstddef>
#include <cstdint>

/// The tile pass of a Restormer with given mixing matrices, without LibTorch: fused kernels over activations that lie
/// pixel by pixel (NHWC) in FP32. Products run in FP32, or in BF16 with sums in FP32; everything else runs in FP32.
///
/// A kernel computes a part of its output, so threads share an image by parts. Every pixel is computed by the same
/// operations in the same order wherever the parts end: the result does not depend on how the work is shared.
/// All of it is thread-safe: weights are only read, scratch is the caller's, one to a thread.
namespace hdrtile::kernels {

enum class Operands : std::uint8_t { fp32, bf16 };

/// Rows and columns [begin, end) of an image.
struct Part {
  int row_begin, row_end, column_begin, column_end;
};

/// A matrix of weights, packed (pack.h) for the vectors of one instruction set: `vectors` times as many outputs as
/// these have lanes. A word is one FP32 or two neighbouring BF16 values of a pixel.
struct Product {
  const float* weights = nullptr;  ///< [vectors][words][lanes]
  const float* bias = nullptr;     ///< [vectors][lanes]
  bool biased = false;             ///< whether any bias is not zero
  int words = 0;
  int vectors = 0;
};

/// Half a block of a Restormer, kernels A and B: x + project(middle(depthwise3x3(expand(norm(x))))). The middle of the
/// feed-forward half is GELU(gate) * value, each of `hidden` channels; that of attention, whose projection is the
/// photo's mixing matrix, is nothing, with `hidden` = `channels`.
struct HalfBlock {
  int channels = 0;
  int hidden = 0;
  bool gated = false;
  bool centred = true;                 ///< LayerNorm; false: divided by the deviation alone
  const float* norm_weight = nullptr;  ///< [channels], padded with zeros to whole vectors
  const float* norm_bias = nullptr;
  Product expand;                      ///< gated: vectors of gates and of values in turn
  const float* filters = nullptr;      ///< depthwise: [expand.vectors][9][lanes]
  const float* filter_bias = nullptr;  ///< [expand.vectors][lanes]
  Product project;
};

/// A convolution of 1 x 1 (reach 0) or 3 x 3 (reach 1) with zeros around the image. Its input may be two images side by
/// side in channels, which saves joining them.
struct Convolution {
  int reach = 0;
  int in_channels[2] = {0, 0};
  int out_channels = 0;
  Product product;  ///< words: (2 reach + 1)^2 * words of a pixel, each input padded to whole words
};

/// Where a convolution's outputs go, `factor` being 1 or more: pixel (y, x), channel c
enum class Placing : std::uint8_t {
  straight,  ///< to (y, x), c
  spread,    ///< pixel-shuffle: c = (k * factor + i) * factor + j to (y * factor + i, x * factor + j), k
  gathered,  ///< pixel-unshuffle: to (y / factor, x / factor), (c * factor + y % factor) * factor + x % factor
  planes,    ///< as spread, into planes: [k][height * factor][width * factor]
};

/// Height and width of what a convolution reads.
struct Size {
  int height, width;
};

/// A bilateral grid of local affine tone (models/tone.py), each cell's slopes and offsets of three channels side by
/// side: [height + 1][width + 1][depth + 1][8], the last row, column and step being those before them again.
struct Guide {
  const float* cells = nullptr;
  int height = 0, width = 0, depth = 0;
  [[nodiscard]] std::size_t row_floats() const noexcept { return std::size_t(width + 1) * (depth + 1) * 8; }
};

/// A tile's place in its photo, pixel edges, photo = [0, 1] x [0, 1].
struct Place {
  float x0, y0, x1, y1;
};

/// The functions for one instruction set and kind of operands.
struct Kernels {
  const char* name;
  int lanes;     ///< floats a vector
  int per_word;  ///< values a word: 1 (FP32) or 2 (BF16)
  int run;       ///< words whose multiples products best have, padded with zeros where pixels are, too

  /// y = half block of x, both [size][channels]; they must not overlap. scratch: half_block_scratch() floats, aligned
  /// to 64 bytes.
  void (*half_block)(const HalfBlock&, const float* x, float* y, Size size, Part part, float* scratch);
  std::size_t (*half_block_scratch)(const HalfBlock&, Part part);

  /// What a plain Restormer's attention takes of x: `weights` are those of queries and keys, hidden = 2 channels,
  /// without a projection. sums += [channels][channels / heads] of products of queries and keys of the same head, then
  /// [2 channels] of the squares of both. scratch: gram_scratch() floats.
  void (*gram)(const HalfBlock& weights, int heads, const float* x, Size size, Part part, float* sums, float* scratch);
  std::size_t (*gram_scratch)(const HalfBlock&, Part part);

  /// inputs: [size][in_channels[i]] each.
  void (*convolve)(const Convolution&, const float* const inputs[2], float* out, Size size, int row_begin, int row_end,
                   Placing placing, int factor, float* scratch);
  std::size_t (*convolve_scratch)(const Convolution&, int width);

  /// Rows of a tile with the guide's tone: tile and out are [size][3].
  /// scratch: guide.row_floats() + apply_guide_scratch(width) floats.
  void (*apply_guide)(const Guide&, Place, const float* tile, float* out, Size size, int row_begin, int row_end,
                      float* scratch);

  /// One band of the wavelet shrinkage of models/wavelet.py, the taps of its spline `step` apart: smooth = coarse under
  /// the spline, result -= what the gains take of coarse - smooth. All are [size][3], but for `gains`, planes [2][size]
  /// before their tanh: grey and colour. smooth may be null: not wanted. scratch: shrink_scratch(width) floats.
  void (*shrink_band)(const float* coarse, const float* gains, int step, float* smooth, float* result, Size size,
                      int row_begin, int row_end, float* scratch);
};

inline std::size_t apply_guide_scratch(int width) noexcept { return std::size_t(width + 16) * 12; }
inline std::size_t shrink_scratch(int width) noexcept { return 3 * (2 * std::size_t(width) + std::size_t{16}); }

/// The fastest this CPU runs; null where there are none for it: BF16 wants AMX or AVX512-BF16, FP32 AVX2 with FMA. The
/// environment variable HDRTILE_KERNELS (none, avx2, avx512, avx512_bf16) caps what is taken, to compare and to test.
[[nodiscard]] const Kernels* find_kernels(Operands operands) noexcept;

/// All of these, for tests and benchmarks: [0, returned).
int all_kernels(const Kernels* (&found)[4]) noexcept;

}  // namespace hdrtile::kernels
