#include "collisions.h"

#include <sys/stat.h>

#include <cctype>
#include <map>
#include <unordered_map>
#include <utility>

#include "hdrtile/spelling.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;
using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> file_id(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return FileId{facts.st_dev, facts.st_ino};
}

std::string in_lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

fs::path existing_part(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

bool carries_stamp(const fs::path& path, const DecodeLimits& limits) {
  try {
    return read_stamp(read_file(path, limits), path, limits).has_value();
  } catch (const Error&) {
    return false;  // cannot be told: protect it
  }
}

}  // namespace

void check_collisions(std::span<const Job> jobs, const BatchOptions& options) {
  Spelling spelling;
  std::unordered_map<std::string, const Job*> outputs;
  std::unordered_map<std::string, const Job*> outputs_in_lower_case;
  for (const Job& job : jobs) {
    const std::string name = spelling.of(job.output);
    const auto [same, is_new] = outputs.try_emplace(name, &job);
    const auto [similar, is_unlike] = outputs_in_lower_case.try_emplace(in_lower_case(name), &job);
    if (!is_new || (!is_unlike && ignores_case(existing_part(fs::path(name).parent_path())))) {
      const Job& other = is_new ? *similar->second : *same->second;
      throw Error(ErrorCode::usage, other.input.string() + " and " + job.input.string() + " would both be written to " +
                                        job.output.string() +
                                        "; leave one of them out, or give them different places with -o");
    }
  }

  std::map<FileId, fs::path> inputs;
  for (const Job& job : jobs) {
    if (const auto id = file_id(job.input)) inputs.emplace(*id, job.input);
    for (const fs::path& exposure : job.further) {
      if (const auto id = file_id(exposure)) inputs.emplace(*id, exposure);
    }
  }
  for (const Job& job : jobs) {
    const auto id = file_id(job.output);
    if (!id) continue;
    const auto found = inputs.find(*id);
    if (found == inputs.end()) continue;
    const fs::path& hit = found->second;
    if (!options.reprocess && carries_stamp(hit, options.limits)) {
      if (options.shard.count == 1) continue;
      throw Error(ErrorCode::usage, hit.string() + " is a result, of " + job.input.string() +
                                        ", and in the list, which so differs from what shards that began earlier were "
                                        "given; write the list to a file once, or results elsewhere with -o");
    }
    throw Error(ErrorCode::usage, "the output of " + job.input.string() + ", " + job.output.string() +
                                      ", is an input itself" + (hit == job.output ? "" : " (" + hit.string() + ")") +
                                      ", and an input is never written to; choose another name with -o");
  }
}

}  // namespace hdrtile
