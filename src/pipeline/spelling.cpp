#include "hdrtile/spelling.h"

#include <system_error>

namespace hdrtile {

namespace fs = std::filesystem;

std::string Spelling::of(const fs::path& path) {
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto [place, is_new] = parents_.try_emplace(parent.native());
  if (is_new) {
    std::error_code error;
    const fs::path canonical = fs::weakly_canonical(fs::absolute(parent, error), error);
    place->second = error ? parent.lexically_normal() : canonical;
  }
  return (place->second / path.filename()).native();
}

}  // namespace hdrtile
