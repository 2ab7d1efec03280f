#pragma once

#include <filesystem>
#include <string>

namespace hdrtile::cli {

/// Throws Error{model} when the file SHA256SUMS (as sha256sum writes it, lines ended as anywhere) beside a model states
/// another hash of it, or has a line that states none: it could be the model's. What it does not name, and folders
/// without it, pass.
void check_sums(const std::filesystem::path& model, const std::string& sha256);

}  // namespace hdrtile::cli
