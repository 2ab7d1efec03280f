#include "convolution.h"
#include "gram.h"
#include "half_block.h"
#include "tables.h"
#include "tone.h"

namespace hdrtile::kernels {

const Kernels avx512_bf16 = {
    .name = "avx512_bf16",
    .lanes = lanes,
    .per_word = Bf16::per_word,
    .run = 1,
    .half_block = half_block<Bf16>,
    .half_block_scratch = half_block_scratch<Bf16>,
    .gram = gram<Bf16>,
    .gram_scratch = gram_scratch<Bf16>,
    .convolve = convolve<Bf16>,
    .convolve_scratch = convolve_scratch<Bf16>,
    .apply_guide = apply_guide,
    .shrink_band = shrink_band,
};

}  // namespace hdrtile::kernels
