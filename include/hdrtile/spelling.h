#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

namespace hdrtile {

/// One spelling for every way to name a path whose last part need not exist, and is not followed where it is a link.
/// Remembers folders, for it asks the disk of each. Not thread-safe.
class Spelling {
 public:
  /// Does not throw for what the disk refuses: the name is then tidied alone. `path` is not empty.
  [[nodiscard]] std::string of(const std::filesystem::path& path);

 private:
  std::unordered_map<std::string, std::filesystem::path> parents_;
};

}  // namespace hdrtile
