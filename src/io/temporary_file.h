#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "file_descriptor.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// A file under a name no `*.jpg` matches, in the target's folder (a rename works within one file system alone). It is
/// locked while it lives, so that remove_strays() tells it from one whose writer was killed. Unlinked at the end of its
/// scope unless it was renamed. Throws std::system_error.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& folder);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Comes back when the bytes are on the disk.
  void write(std::span<const std::uint8_t> bytes);

  /// False when the name is taken and must not be replaced.
  [[nodiscard]] bool rename(const std::filesystem::path& target, Replace replace);

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

}  // namespace hdrtile
