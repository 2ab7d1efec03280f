#include "naming.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto beside_input = "{dir}/{stem}_hdr.{ext}";
constexpr auto in_folder = "{stem}_hdr.{ext}";

std::optional<Format> format_of_content(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;  // a pipe would be waited for
  std::optional<Format> found;
  // What looks like a TIFF may be a raw file whose first directory comes late.
  for (const std::size_t bytes : {std::size_t{1} << 16U, std::size_t{1} << 20U}) {
    std::vector<std::uint8_t> start(bytes);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
    found = detect_format(std::span(start).first(static_cast<std::size_t>(file.gcount())));
    if (found != Format::tiff) break;
  }
  return found;
}

/// ".jpg, .png": the extensions of what hdrtile writes.
std::string written_extensions() {
  std::string text;
  for (const FormatFacts& facts : formats()) {
    if (facts.writes) text.append(text.empty() ? "." : ", .").append(facts.extensions.front());
  }
  return text;
}

std::string without_dot(const fs::path& extension) {
  return extension.empty() ? std::string() : extension.native().substr(1);
}

/// Calls field(name) for {name} and copies the rest.
template <typename Field>
std::string substitute(const std::string& pattern, const Field& field) {
  std::string text;
  std::size_t at = 0;
  for (auto open = pattern.find('{'); open != std::string::npos; open = pattern.find('{', at)) {
    const auto close = pattern.find('}', open);
    if (close == std::string::npos) {
      throw Error(ErrorCode::usage, "-o " + pattern + ": a { is never closed; fields are {dir} {stem} {ext} {model}");
    }
    text += pattern.substr(at, open - at) + field(pattern.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return text + pattern.substr(at);
}

void require_known_fields(const std::string& pattern) {
  (void)substitute(pattern, [&](const std::string& name) -> std::string {
    if (name == "dir" || name == "stem" || name == "ext" || name == "model") return {};
    throw Error(ErrorCode::usage,
                "-o " + pattern + ": unknown field {" + name + "}; fields are {dir} {stem} {ext} {model}");
  });
}

}  // namespace

OutputNaming::OutputNaming(std::string output, std::optional<Format> format, std::string model, std::size_t photos)
    : output_(std::move(output)), format_(format), model_(std::move(model)) {
  std::ranges::replace(model_, '/', '_');
  std::error_code error;
  if (output_.empty()) {
    output_ = beside_input;
  } else if (fs::is_directory(output_, error)) {
    kind_ = Kind::folder;
  } else if (output_.find('{') != std::string::npos) {
    require_known_fields(output_);
    if (output_.ends_with('/'))
      throw Error(ErrorCode::usage, "-o " + output_ + " names no file; add e.g. {stem}.{ext}");
  } else if (output_.ends_with('/') || !fs::path(output_).has_extension()) {
    if (fs::exists(output_, error)) {
      throw Error(ErrorCode::usage, "-o " + output_ + " is a file, and without an extension it would be a folder");
    }
    kind_ = Kind::folder;
  } else if (photos > 1) {
    throw Error(ErrorCode::usage, "-o " + output_ + " names one file, but there are " + std::to_string(photos) +
                                      " photos; name a folder (" + output_ + "/) or a template ({stem}_hdr.{ext})");
  }
  if (kind_ == Kind::folder) return;

  const std::string extension = without_dot(fs::path(output_).extension());
  if (extension.empty() || extension.find('{') != std::string::npos) return;
  const auto said = format_of_extension(extension);
  if (!said || !facts_of(*said).writes) {
    throw Error(ErrorCode::usage,
                "-o " + output_ + ": hdrtile writes no ." + extension + "; it writes " + written_extensions());
  }
  if (format_ && *format_ != *said) {
    throw Error(ErrorCode::usage,
                "-o " + output_ + " and --format " + std::string(facts_of(*format_).id) + " contradict each other");
  }
  format_ = said;
}

fs::path OutputNaming::name(const Source& source) const {
  if (kind_ == Kind::folder) return fs::path(output_) / source.below / expand(in_folder, source);
  const std::string name = expand(output_, source);
  return output_.starts_with("{dir}/") && name.starts_with("./") && !source.file.has_parent_path() ? name.substr(2)
                                                                                                   : name;
}

std::string OutputNaming::expand(const std::string& pattern, const Source& source) const {
  std::string extension = without_dot(source.file.extension());
  auto written = format_ ? format_ : format_of_content(source.file);
  if (written) written = usual_output(*written);
  if (written && format_of_extension(extension) != written) extension = facts_of(*written).extensions.front();
  return substitute(pattern, [&](const std::string& field) -> std::string {
    if (field == "dir") return source.file.has_parent_path() ? source.file.parent_path().native() : ".";
    if (field == "stem") return source.file.stem().native();
    return field == "ext" ? extension : model_;
  });
}

}  // namespace hdrtile::cli
