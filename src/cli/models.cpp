#include "models.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto draft_name = "draft";
constexpr auto draft_of = "small";

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::string known_names(const std::vector<fs::path>& folders) {
  std::string names;
  for (const auto& file : list_models(folders)) names += (names.empty() ? "" : ", ") + file.stem().string();
  return names.empty() ? "none" : names;
}

}  // namespace

std::vector<fs::path> model_folders() {
  std::vector<fs::path> candidates;
  if (const char* named = std::getenv("HDRTILE_MODELS")) {
    std::istringstream list(named);
    for (std::string folder; std::getline(list, folder, ':');) {
      if (!folder.empty()) candidates.emplace_back(folder);
    }
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path root = program.parent_path().parent_path();
    candidates.push_back(root / "share/hdrtile/models");
    candidates.push_back(root / "models");
  }
  candidates.emplace_back(HDRTILE_SOURCE_MODELS);

  std::vector<fs::path> folders;
  for (const auto& candidate : candidates) {
    const auto is_same = [&](const fs::path& folder) { return fs::equivalent(folder, candidate, error); };
    if (fs::is_directory(candidate, error) && std::ranges::none_of(folders, is_same)) folders.push_back(candidate);
  }
  return folders;
}

fs::path package_folder() {
  const auto named = [](const char* variable) {
    const char* value = std::getenv(variable);
    return fs::path(value == nullptr ? "" : value);
  };
  if (fs::path folder = named("HDRTILE_CACHE"); !folder.empty()) return folder;
  if (const fs::path caches = named("XDG_CACHE_HOME"); !caches.empty()) return caches / "hdrtile";
  const fs::path home = named("HOME");
  return home.empty() ? fs::path() : home / ".cache/hdrtile";
}

ModelChoice find_model(const std::string& name_or_file, const std::vector<fs::path>& folders) {
  const bool names_file = name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".pt");
  if (names_file) {
    if (std::error_code error; !fs::exists(name_or_file, error)) {
      throw Error(ErrorCode::model,
                  "model " + name_or_file + " not found: no such file; known by name: " + known_names(folders));
    }
    return {.file = name_or_file};
  }
  const auto find = [&](const std::string& name) {
    for (const auto& folder : folders) {
      if (fs::path file = folder / (name + ".pt"); is_file(file)) return file;
    }
    return fs::path();
  };
  if (auto file = find(name_or_file); !file.empty()) return {.file = std::move(file), .by_name = true};
  if (name_or_file == draft_name) {
    if (auto file = find(draft_of); !file.empty()) return {.file = std::move(file), .draft = true, .by_name = true};
  }
  std::string places;
  for (const auto& folder : folders) places += (places.empty() ? "" : ", ") + folder.string();
  throw Error(ErrorCode::model,
              "model '" + name_or_file + "' not found in " + (places.empty() ? "any models folder" : places) +
                  "; known: " + known_names(folders) + "; --model takes the path of a TorchScript file, too" +
                  (is_file(name_or_file) ? ": the one in this folder is ./" + name_or_file : ""));
}

std::vector<fs::path> list_models(const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> found;
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".pt") found.try_emplace(entry.path().stem().string(), entry.path());
    }
  }
  std::vector<fs::path> files;
  files.reserve(found.size());
  for (auto& [name, file] : found) files.push_back(std::move(file));
  return files;
}

}  // namespace hdrtile::cli
