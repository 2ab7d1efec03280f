#pragma once

namespace hdrtile::cli {

/// The program: parses, runs a subcommand, reports what ended it. Returns the exit code.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace hdrtile::cli
