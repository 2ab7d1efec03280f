#include "convolution.h"
#include "gram.h"
#include "half_block.h"
#include "tables.h"
#include "tone.h"

namespace hdrtile::kernels {

const Kernels amx = {
    .name = "amx",
    .lanes = lanes,
    .per_word = Tiles::per_word,
    .run = 8,
    .half_block = half_block<Tiles>,
    .half_block_scratch = half_block_scratch<Tiles>,
    .gram = gram<Tiles>,
    .gram_scratch = gram_scratch<Tiles>,
    .convolve = convolve<Tiles>,
    .convolve_scratch = convolve_scratch<Tiles>,
    .apply_guide = apply_guide,
    .shrink_band = shrink_band,
};

}  // namespace hdrtile::kernels
