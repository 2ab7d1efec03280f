#pragma once

#include "hdrtile/enhance.h"

namespace hdrtile::cli {

/// From now on SIGINT, SIGTERM and SIGHUP (unless nohup ignores it) end the program at once (exit 130): for as long as
/// there is nothing to finish or to report, while it waits for a list, say.
void end_on_interrupts();

/// From now on SIGINT, SIGTERM and SIGHUP (unless nohup ignores it) set the flag returned; the second one ends the
/// program at once (exit 130), whatever its threads wait for. Nothing half-written is left under a final name either
/// way.
[[nodiscard]] const CancelFlag& catch_interrupts();

/// From now on a reader of stdout or stderr that goes away, and a limit on file sizes, end no run: the call that is at
/// fault fails, and is told of. To be called before the first word is logged.
void outlive_readers();

}  // namespace hdrtile::cli
