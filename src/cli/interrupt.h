#pragma once

#include "hdrtile/enhance.h"

namespace hdrtile::cli {

/// From now on SIGINT and SIGTERM set the flag returned; the second one ends the program at once (exit 130). Nothing
/// half-written is left under a final name either way.
[[nodiscard]] const CancelFlag& catch_interrupts();

}  // namespace hdrtile::cli
