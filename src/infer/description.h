#pragma once

#include <string>

#include "hdrtile/engine.h"

namespace hdrtile {

/// Fills in what hdrtile.json, a model's extra file, says of the model at info.path. Throws Error{model} that names
/// file and key.
void read_description(const std::string& json_text, ModelInfo& info);

}  // namespace hdrtile
