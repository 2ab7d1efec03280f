#pragma once

#include "status_line.h"

namespace hdrtile::cli {

/// Sends spdlog's default logger to `line` (which must outlive all logging). Verbosity as in Options.
void set_up_logging(int verbosity, StatusLine& line);

}  // namespace hdrtile::cli
