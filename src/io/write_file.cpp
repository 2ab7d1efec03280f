#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <system_error>

#include "file_descriptor.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, int error) {
  std::string remedy;
  if (error == ENOSPC || error == EDQUOT) remedy = " (disk full); free some space, or write elsewhere with -o";
  if (error == EFBIG) remedy = "; raise the limit on file sizes, or write elsewhere with -o";
  if (error == EACCES || error == EPERM || error == EROFS) remedy = "; choose another folder with -o";
  if (error == EEXIST) remedy = "; remove it, or use another --on-exist";
  throw Error(ErrorCode::output,
              path.string() + ": cannot be written: " + std::generic_category().message(error) + remedy);
}

/// A file under a name no `*.jpg` matches, in the target's folder (a rename works within one file system alone).
/// Unlinked at the end of its scope unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    std::random_device random;
    do {
      path_ =
          target.parent_path() / (".hdrtile-" + std::to_string(random()) + std::to_string(random() % 1000) + ".tmp");
      // 0666 less the umask: the rights of any new file.
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd_ < 0 && (errno == EEXIST || errno == EINTR));
    if (fd_ < 0) fail(target, errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const auto count = retry_on_signal([&] { return ::write(fd_, bytes.data(), bytes.size()); });
      if (count < 0) fail(target_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    if (::fsync(fd_) != 0) fail(target_, errno);
    if (::close(std::exchange(fd_, -1)) != 0) fail(target_, errno);  // network file systems report a full disk here
  }

  void rename(Replace replace) {
    if (replace == Replace::always) {
      if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    } else if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) fail(target_, errno);
      // A file system without it: a link takes no name that is taken, either; the temporary name goes with this object.
      if (::link(path_.c_str(), target_.c_str()) != 0) fail(target_, errno);
      return;
    }
    renamed_ = true;
  }

 private:
  fs::path target_;
  fs::path path_;
  int fd_ = -1;
  bool renamed_ = false;
};

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

void write_file_atomic(const fs::path& path, std::span<const std::uint8_t> bytes, Replace replace) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  make_folder(folder, path);
  if (fs::is_directory(path)) fail(path, EISDIR);
  TemporaryFile file(folder / path.filename());
  file.write(bytes);
  file.rename(replace);
  sync_folder(folder);
}

}  // namespace hdrtile
