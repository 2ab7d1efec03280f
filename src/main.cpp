#include <cstdio>
#include <cstdlib>

#include "cli/run.h"

/// Ends without the destructors of what is static: by then all is written, and LibTorch takes a tenth of a second to
/// take its registries apart.
int main(int argc, char** argv) {
  const int code = hdrtile::cli::run(argc, argv);
  std::fflush(nullptr);
  std::_Exit(code);
}
