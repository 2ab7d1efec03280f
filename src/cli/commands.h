#pragma once

#include "exit_codes.h"
#include "options.h"
#include "status_line.h"

namespace hdrtile::cli {

/// The subcommands. They throw Error for what ends the run.
[[nodiscard]] ExitCode run_enhance(const EnhanceFlags& flags, StatusLine& line);
[[nodiscard]] ExitCode run_info(const InfoFlags& flags);
[[nodiscard]] ExitCode run_compare(const CompareFlags& flags);
[[nodiscard]] ExitCode run_bench(const BenchFlags& flags);
[[nodiscard]] ExitCode run_merge(const MergeFlags& flags);

}  // namespace hdrtile::cli
