#pragma once

namespace hdrtile::half_block_kernel {

/// As Arguments of half_block_body.h, of __half; `images` patches of a batch. All pointers are on the current GPU.
struct Launch {
  const void* x;
  void* y;
  int images, height, width, channels, hidden;
  bool gated;
  const void *norm_weight, *norm_bias, *expand, *filters, *project;
};

/// Whether there is a kernel for so many channels: multiples of 16, up to what fits a group's shared memory.
[[nodiscard]] constexpr bool has_kernel(int channels) noexcept {
  return channels % 16 == 0 && channels >= 16 && channels <= 96;
}

/// Hands the kernel to a stream (a cudaStream_t). Null, or why it could not be.
[[nodiscard]] const char* launch(const Launch& what, void* stream);

}  // namespace hdrtile::half_block_kernel
