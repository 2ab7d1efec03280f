#include "compiled_package.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace hdrtile {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int known_format = 2;  // raised when scripts/compile_model.py compiles better or otherwise
constexpr std::uintmax_t longest_description = 1 << 16;

std::vector<std::uint8_t> bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Why someone else may have put code there; empty when nobody can have.
std::string exposure_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return path.string() + " is missing";
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return path.string() + " is a link or no file";
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return path.string() + " belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return path.string() + " can be written by others (chmod go-w)";
  return {};
}

/// The first of `used` that this CPU lacks; empty when there is none.
std::string lacking(const std::vector<std::string>& used, const std::vector<std::string>& here) {
  const auto missing = std::find_if(used.begin(), used.end(),
                                    [&](const auto& flag) { return std::ranges::find(here, flag) == here.end(); });
  return missing == used.end() ? "" : *missing;
}

/// One description and the package beside it.
class Candidate {
 public:
  Candidate(fs::path description, const PackageOptions& options, const PackageKey& wanted, PackageSearch& search)
      : file_(std::move(description)), options_(options), wanted_(wanted), search_(search) {}

  void examine() {
    std::error_code error;
    if (fs::file_size(file_, error) > longest_description || error) return;
    const auto text = bytes_of(file_);
    const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value("model_sha256", Json()) != wanted_.model_sha256) return;
    file_.replace_extension(".pt2");
    try {
      examine(json);
    } catch (const Json::exception&) {
      fault("has a description that cannot be read");
    }
  }

 private:
  void examine(const Json& json) {
    if (json.at("format").get<int>() != known_format) return fault("is for another version of hdrtile: compile the model again (scripts/compile_model.py)");
    const auto device = json.at("device").get<std::string>();
    if (device != wanted_.device) return differs("device", device, wanted_.device);
    const auto precision = json.at("precision").get<std::string>();
    if (precision != to_string(wanted_.precision)) return differs("precision", precision, to_string(wanted_.precision));
    const auto torch = json.at("torch").get<std::string>();
    if (torch != wanted_.torch) return fault("is for LibTorch " + torch + ", and this is " + wanted_.torch);
    if (const auto gpu = json.value("gpu", std::string()); gpu != wanted_.gpu) {
      return fault("is for a GPU of " + gpu + ", and this is " + wanted_.gpu);
    }
    const auto flag = lacking(json.at("cpu_flags").get<std::vector<std::string>>(), wanted_.cpu_flags);
    if (!flag.empty()) return fault("is for another CPU: this one lacks " + flag);
    check(json);
  }

  /// It is the right one: is it whole, and nobody else's?
  void check(const Json& json) {
    fs::path description = file_;
    description.replace_extension(".json");
    for (const auto& path : {file_.parent_path(), description, file_}) {
      if (const auto exposure = exposure_of(path); !exposure.empty()) return fault("is not loaded: " + exposure);
    }
    CompiledPackage package{.file = file_,
                            .sha256 = json.at("package_sha256").get<std::string>(),
                            .smallest_side = json.at("sides").at("min").get<int>(),
                            .largest_side = json.at("sides").at("max").get<int>(),
                            .inputs = json.at("inputs").get<std::vector<std::vector<std::int64_t>>>(),
                            .below_limit = json.value("below_limit", std::string())};
    const auto bytes = bytes_of(file_);
    if (options_.sha256(bytes) != package.sha256)
      return fault("is damaged: its SHA-256 is not the one it was made with");
    if (!search_.found) search_.found = std::move(package);
  }

  void differs(const std::string& what, const std::string& theirs, const std::string& ours) {
    search_.differing.push_back("compiled package " + file_.string() + " is for " + what + " " + theirs + ", not " +
                                ours);
  }
  void fault(const std::string& what) { search_.faults.push_back("compiled package " + file_.string() + " " + what); }

  fs::path file_;  // the description at first, then the package
  const PackageOptions& options_;
  const PackageKey& wanted_;
  PackageSearch& search_;
};

}  // namespace

std::string CompiledPackage::id() const { return file.filename().string() + " sha256:" + sha256.substr(0, 12); }

PackageSearch find_package(const PackageOptions& options, const PackageKey& wanted) {
  std::vector<fs::path> descriptions;
  std::error_code error;
  for (fs::directory_iterator entry(options.folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto& path = entry->path();
    if (path.extension() == ".json" && !path.filename().string().starts_with('.')) descriptions.push_back(path);
  }
  std::sort(descriptions.begin(), descriptions.end());
  PackageSearch search;
  for (const auto& description : descriptions) Candidate(description, options, wanted, search).examine();
  if (search.found) {
    search.differing.clear();
    search.faults.clear();
  }
  return search;
}

}  // namespace hdrtile
