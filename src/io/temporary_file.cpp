#include "temporary_file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = ".hdrtile-";
constexpr std::string_view suffix = ".tmp";
constexpr std::size_t host_digits = 8;
constexpr std::size_t random_digits = 16;
constexpr std::time_t day_s = 24 * 3600;

[[noreturn]] void fail() { throw std::system_error(errno, std::generic_category()); }

/// Locks of other machines may not be seen here, so names say whose they are. Short, and safe in any file name.
std::string host_tag() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return sha256({reinterpret_cast<const std::uint8_t*>(name.data()), std::string_view(name.data()).size()})
      .substr(0, host_digits);
}

std::string random_tag() {
  std::random_device random;
  std::string tag;
  while (tag.size() < random_digits) tag += "0123456789abcdef"[random() % 16];
  return tag;
}

/// The tag of the host that wrote a file of that name; empty when it is none of ours.
std::string_view host_in(std::string_view name) {
  if (name.size() != prefix.size() + host_digits + 1 + random_digits + suffix.size()) return {};
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  const std::string_view tags = name.substr(prefix.size(), host_digits + 1 + random_digits);
  if (tags[host_digits] != '-' || tags.find_first_not_of("0123456789abcdef-") != std::string_view::npos) return {};
  return tags.substr(0, host_digits);
}

enum class Lock : std::uint8_t { taken, held_by_another, unsupported };

Lock lock(int file) {
  if (retry_on_signal([&] { return ::flock(file, LOCK_EX | LOCK_NB); }) == 0) return Lock::taken;
  return errno == EWOULDBLOCK ? Lock::held_by_another : Lock::unsupported;
}

/// Whether it was removed. Its name is never used again, so that the name can be trusted once the lock is held.
bool remove_if_stray(const fs::path& path, bool ours) {
  // Open for writing: NFS gives no exclusive lock otherwise. Not blocking: somebody may have put a pipe there.
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  const bool old = std::time(nullptr) - facts.st_mtime > day_s;
  const Lock found = lock(file.get());
  if (found == Lock::held_by_another || (!old && (!ours || found == Lock::unsupported))) return false;
  return ::unlink(path.c_str()) == 0;
}

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& folder) : file_(-1) {
  const std::string start = std::string(prefix) + host_tag() + "-";
  while (true) {
    path_ = folder / (start + random_tag() + std::string(suffix));
    // 0666 less the umask: the rights of any new file.
    FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file) {
      if (errno == EEXIST || errno == EINTR) continue;
      fail();
    }
    // Another run may have taken it for a stray before it was locked.
    struct stat facts {};
    const bool lost = lock(file.get()) == Lock::held_by_another || ::fstat(file.get(), &facts) != 0;
    file_ = std::move(file);
    if (!lost && facts.st_nlink > 0) return;
    ::unlink(path_.c_str());
  }
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void TemporaryFile::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto count = retry_on_signal([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
    if (count < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  if (::fsync(file_.get()) != 0) fail();
  // Network file systems report a full disk when a descriptor is closed; the lock must outlive that of the file.
  FileDescriptor second(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
  if (!second || !second.close()) fail();
}

bool TemporaryFile::rename(const fs::path& target, Replace replace) {
  if (replace == Replace::always) {
    if (::rename(path_.c_str(), target.c_str()) != 0) fail();
  } else if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) fail();
    // A file system without it: a link takes no name that is taken, either; the temporary name goes with this object.
    if (::link(path_.c_str(), target.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    fail();
  }
  path_.clear();
  return true;
}

bool ignores_case(const fs::path& folder) {
  try {
    const TemporaryFile probe(folder);
    std::string name = probe.path().filename().native();
    for (char& letter : name) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    std::error_code error;
    return fs::exists(folder / name, error);
  } catch (const std::system_error&) {
    return false;
  }
}

std::vector<fs::path> remove_strays(const fs::path& folder) {
  std::vector<fs::path> removed;
  const std::string own = host_tag();
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const fs::path name = entry->path().filename();
    const std::string_view host = host_in(name.native());
    if (!host.empty() && remove_if_stray(entry->path(), host == own)) removed.push_back(entry->path());
  }
  return removed;
}

}  // namespace hdrtile
