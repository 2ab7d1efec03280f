// Links LibTorch as hdrtile does, and ends: what scripts/bench.py holds hdrtile's start against.
#include <ATen/Parallel.h>

int main() { return at::get_num_threads() > 0 ? 0 : 1; }
