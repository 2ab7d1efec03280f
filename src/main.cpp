#include "cli/run.h"

int main(int argc, char** argv) { return hdrtile::cli::run(argc, argv); }
