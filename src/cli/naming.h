#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hdrtile/photo.h"
#include "inputs.h"

namespace hdrtile::cli {

/// Where results go: what -o, --format and the photos' own names say together.
class OutputNaming {
 public:
  /// `output` is the value of -o, empty for the default. Throws Error{usage} for a value that cannot be: an unknown
  /// field, a file name for several photos, an extension that hdrtile does not write.
  OutputNaming(std::string output, std::optional<Format> format, std::string model, std::size_t photos);

  /// The result's file. An input whose content is not what its name says gets the extension of its content.
  [[nodiscard]] std::filesystem::path name(const Source& source) const;

  /// What all results are written as: --format, or what the output's extension says; empty: as each photo is.
  [[nodiscard]] std::optional<Format> format() const noexcept { return format_; }

 private:
  enum class Kind : std::uint8_t { folder, pattern };

  [[nodiscard]] std::string expand(const std::string& pattern, const Source& source) const;

  Kind kind_ = Kind::pattern;
  std::string output_;
  std::optional<Format> format_;
  std::string model_;
};

}  // namespace hdrtile::cli
