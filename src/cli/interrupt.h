#pragma once

#include "hdrtile/enhance.h"

namespace hdrtile::cli {

/// From now on SIGINT, SIGTERM and SIGHUP (unless nohup ignores it) set the flag returned; the second one ends the
/// program at once (exit 130), whatever its threads wait for. Nothing half-written is left under a final name either
/// way. A reader of stdout that goes away, and a limit on file sizes, end no run: the writes fail.
[[nodiscard]] const CancelFlag& catch_interrupts();

}  // namespace hdrtile::cli
