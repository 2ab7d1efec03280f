#include <system_error>

#include "file_descriptor.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"
#include "temporary_file.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int error) {
  std::string remedy;
  if (error == ENOSPC || error == EDQUOT) remedy = " (disk full); free some space, or write elsewhere with -o";
  if (error == EFBIG) remedy = "; raise the limit on file sizes, or write elsewhere with -o";
  if (error == EACCES || error == EPERM || error == EROFS) remedy = "; choose another folder with -o";
  throw Error(ErrorCode::output,
              path.string() + ": cannot be written: " + std::generic_category().message(error) + remedy);
}

void make_folder(const fs::path& folder, const fs::path& target) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder)) fail(target, error.value());
}

/// The new name itself survives a power cut only once its folder is on the disk.
void sync_folder(const fs::path& folder) {
  const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor) (void)::fsync(descriptor.get());  // some file systems cannot; the file is whole in any case
}

}  // namespace

bool write_file_atomic(const fs::path& path, std::span<const std::uint8_t> bytes, Replace replace) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  try {
    make_folder(folder, path);
    if (fs::is_directory(path)) fail(path, EISDIR);
    TemporaryFile file(folder);
    file.write(bytes);
    if (!file.rename(path, replace)) return false;
  } catch (const std::system_error& error) {
    fail(path, error.code().value());
  }
  sync_folder(folder);
  return true;
}

}  // namespace hdrtile
