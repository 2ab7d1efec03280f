#pragma once

namespace hdrtile {

/// From now on large blocks of memory that LibTorch frees on a CPU are kept for its next layers. By itself they go back
/// to the system, for glibc keeps none above 16 MiB (src/cli/run.cpp says why), and the same memory is mapped and cleared
/// anew for every layer that is so wide: a quarter of the time of a Restormer with tiles of 512. What is kept unused is
/// bounded, the oldest going first.
void pool_large_blocks();

}  // namespace hdrtile
