#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "options.h"

namespace hdrtile::cli {

/// A photo to enhance, and where it lies below the folder that was named (to mirror a tree); empty for files.
struct Source {
  std::filesystem::path file;
  std::filesystem::path below;
  std::vector<std::filesystem::path> further = {};  ///< the other exposures of a bracket
};

using TellUnread = std::function<void(const std::filesystem::path& folder, const std::string& why)>;

/// The files of names among the inputs (`@list.txt`).
[[nodiscard]] std::vector<std::filesystem::path> lists_of(const EnhanceFlags& flags);

/// Turns what was named into photos, each once, in order, folders sorted by name. What is missing stays in the list: it
/// fails as a photo. `tell_unread` hears of folders that cannot be read (to their end), and why: photos of theirs may
/// be left out. Throws Error{usage} when there is no photo at all.
[[nodiscard]] std::vector<Source> collect_inputs(const EnhanceFlags& flags, std::istream& standard_input,
                                                 const TellUnread& tell_unread);

}  // namespace hdrtile::cli
