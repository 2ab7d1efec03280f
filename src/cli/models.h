#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hdrtile/engine.h"

namespace hdrtile::cli {

/// What --model has led to.
struct ModelChoice {
  std::filesystem::path file;
  bool draft = false;
  bool by_name = false;  ///< not by its path
};

/// Where models are looked for by name, best first: HDRTILE_MODELS (folders, separated by ':'), beside the program
/// (../share/hdrtile/models, ../models), the source tree it was built from.
[[nodiscard]] std::vector<std::filesystem::path> model_folders();

/// Where compiled packages are looked for: HDRTILE_CACHE, else XDG_CACHE_HOME/hdrtile, else ~/.cache/hdrtile. Empty
/// where none of these is set.
[[nodiscard]] std::filesystem::path package_folder();

/// A file (what has a / in it or ends in .pt), or the name of a model in one of `folders`: a file that happens to lie
/// in the current folder under a model's name is not taken for it. `draft` is the draft of `small` where there is no
/// such file. Throws Error{model} naming what was looked for and what there is.
[[nodiscard]] ModelChoice find_model(const std::string& name_or_file,
                                     const std::vector<std::filesystem::path>& folders);

/// The models that can be named, one file a name, sorted.
[[nodiscard]] std::vector<std::filesystem::path> list_models(const std::vector<std::filesystem::path>& folders);

}  // namespace hdrtile::cli
