#pragma once

#include "hdrtile/error.h"
#include "hdrtile/pipeline.h"

namespace hdrtile::cli {

/// What a shell or a scheduler learns of a run. Part of the interface: numbers never change their meaning.
enum class ExitCode : int {
  ok = 0,               ///< all done, skips included
  failed = 1,           ///< some photos failed, a folder was not read, or a limit was missed
  usage = 2,            ///< the command line cannot be met; nothing was done
  model_or_device = 3,  ///< the model or the device failed: no photo would do better
  interrupted = 130,    ///< SIGINT or SIGTERM
};

/// For an error that ended the run.
[[nodiscard]] ExitCode exit_code(ErrorCode error) noexcept;
/// For a batch that came to its end.
[[nodiscard]] ExitCode exit_code(const BatchSummary& summary) noexcept;

}  // namespace hdrtile::cli
