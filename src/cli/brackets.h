#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hdrtile/photo.h"
#include "inputs.h"

namespace hdrtile::cli {

/// Joins the exposures of each bracket among the photos into one source, in the place of its middle exposure. What
/// looks like a bracket by its EXIF but shows different things stays apart. `tell` hears of both. Photos that cannot be
/// read, and those hdrtile has made, are left as they are.
[[nodiscard]] std::vector<Source> join_brackets(std::vector<Source> sources, const DecodeLimits& limits,
                                                const std::function<void(const std::string&)>& tell);

}  // namespace hdrtile::cli
