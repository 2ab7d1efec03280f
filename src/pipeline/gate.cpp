#include "gate.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "existing.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

std::optional<Admitted> skip(PhotoResult& result, std::string reason) {
  result.status = PhotoStatus::skipped;
  result.reason = std::move(reason);
  return std::nullopt;
}

/// Whether the name is taken, be it by a link that leads nowhere. Throws where that cannot be told: a name that is too
/// long, a disk that fails.
bool taken(const fs::path& path) {
  std::error_code error;
  const auto type = fs::symlink_status(path, error).type();
  if (type != fs::file_type::none) return type != fs::file_type::not_found;
  throw Error(ErrorCode::output,
              path.string() + ": cannot be written: " + error.message() + "; choose another name or place with -o");
}

[[noreturn]] void refuse_taken(const fs::path& output) {
  throw Error(ErrorCode::output, output.string() + " exists; remove it, or use another --on-exist");
}

/// Finds before the work what would fail after it: a folder that takes no file.
void require_place(const fs::path& output) {
  fs::path folder = fs::absolute(output).parent_path();
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::output, output.string() + " cannot be written: " + folder.string() + " " + why +
                                       "; choose another place with -o");
  };
  if (!fs::is_directory(folder, error)) refuse("is no folder");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) refuse("takes no file: " + std::generic_category().message(errno));
}

/// What is told of an output that was there before.
void note(PhotoResult& result, const ExistingOutput& found) {
  result.existing = found.kind;
  result.stale = found.stale;
}

}  // namespace

Admitted read_files(const Job& job, const DecodeLimits& limits) {
  Admitted files;
  files.file = read_file(job.input, limits);
  for (const fs::path& exposure : job.further) files.further.push_back(read_file(exposure, limits));
  return files;
}

Gate::Gate(std::span<const Job> jobs, const BatchOptions& options) : options_(options) {
  for (const Job& job : jobs) outputs_.insert(job.output);
}

std::optional<Admitted> Gate::admit(PhotoResult& result) const {
  const fs::path input = result.job.input;
  const fs::path output = result.job.output;
  std::error_code ignored;
  const bool exists = taken(output) && fs::exists(input, ignored);  // a missing input fails, whatever its output
  if (exists && fs::is_directory(output, ignored)) {
    throw Error(ErrorCode::output, output.string() + " is a folder, so " + input.string() +
                                       " cannot be written there; move it, or choose another name with -o");
  }
  if (exists && options_.on_exist == OnExist::skip) {
    ExistingOutput found = examine_output(output, stamp_of(read_files(result.job, options_.limits)), options_.limits);
    note(result, found);
    return skip(result, std::move(found.told));
  }
  if (exists && options_.on_exist == OnExist::fail) refuse_taken(output);

  require_place(output);
  Admitted admitted = read_files(result.job, options_.limits);
  const PhotoHeader header = read_header(admitted.file, input, options_.limits);
  result.input_size = header.size;
  result.decoded_depth = header.decoded_depth;
  if (header.stamp && !options_.reprocess) {
    return skip(result, "already enhanced by hdrtile; --reprocess enhances it again");
  }
  admitted.stamp = stamp_of(admitted);
  admitted.decoded_depth = header.decoded_depth;
  if (exists && options_.on_exist == OnExist::update) {
    ExistingOutput found = examine_output(output, admitted.stamp, options_.limits);
    note(result, found);
    if (found.kind == Existing::unreadable) throw Error(ErrorCode::output, found.told);
    if (found.kind != Existing::stale) return skip(result, std::move(found.told));
  }
  if (options_.on_exist == OnExist::rename) result.job.output = free_name(output);
  const bool replaces = options_.on_exist == OnExist::overwrite || (options_.on_exist == OnExist::update && exists);
  admitted.replace = replaces ? Replace::always : Replace::never;
  return admitted;
}

bool Gate::overtaken(const PhotoResult& result) const {
  return options_.on_exist != OnExist::rename && taken(result.job.output);
}

void Gate::yield(PhotoResult& result) const {
  if (options_.on_exist == OnExist::fail) refuse_taken(result.job.output);
  (void)skip(result, result.job.output.string() + " was written meanwhile, by another run");
}

Stamp Gate::stamp_of(const Admitted& files) const {
  std::string hash = sha256(files.file);
  for (const auto& exposure : files.further) {
    const std::string both = hash + sha256(exposure);
    hash = sha256({reinterpret_cast<const std::uint8_t*>(both.data()), both.size()});
  }
  return {.version = options_.version,
          .model = options_.model_id,
          .settings = options_.settings_id,
          .input_hash = std::move(hash)};
}

fs::path Gate::free_name(const fs::path& asked) const {
  fs::path name = asked;
  for (int number = 2; taken(name) || (name != asked && outputs_.contains(name)); ++number) {
    name.replace_filename(asked.stem().native() + "_" + std::to_string(number) + asked.extension().native());
  }
  return name;
}

}  // namespace hdrtile
