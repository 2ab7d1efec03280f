#include "convolution.h"
#include "gram.h"
#include "half_block.h"
#include "tables.h"
#include "tone.h"

namespace hdrtile::kernels {

const Kernels avx2 = {
    .name = "avx2",
    .lanes = lanes,
    .per_word = Fp32::per_word,
    .run = 1,
    .half_block = half_block<Fp32>,
    .half_block_scratch = half_block_scratch<Fp32>,
    .gram = gram<Fp32>,
    .gram_scratch = gram_scratch<Fp32>,
    .convolve = convolve<Fp32>,
    .convolve_scratch = convolve_scratch<Fp32>,
    .apply_guide = apply_guide,
    .shrink_band = shrink_band,
};

}  // namespace hdrtile::kernels
