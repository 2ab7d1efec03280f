#include <sys/stat.h>

#include <system_error>

#include "file_descriptor.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"

namespace hdrtile {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  const std::string remedy = error == EACCES   ? "; give yourself the right to read it"
                             : error == ENOENT ? "; check the name"
                                               : "";
  throw Error(ErrorCode::input, path.string() + ": cannot be read: " + std::generic_category().message(error) + remedy);
}

std::string megabytes(std::int64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, const DecodeLimits& limits) {
  // Not blocking: a pipe would wait for its writer for ever.
  const FileDescriptor file(retry_on_signal([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (!file) fail(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, errno);
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::input, path.string() + ": is a folder, not a photo; name the photos in it");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::input,
                path.string() + ": is a pipe or a device, not a file; save the photo to a file first");
  }
  if (status.st_size == 0) throw Error(ErrorCode::input, path.string() + ": is empty; copy the photo again");
  if (status.st_size > limits.max_file_bytes) {
    throw Error(ErrorCode::limit, path.string() + ": is too large: " + megabytes(status.st_size) + ", the limit is " +
                                      megabytes(limits.max_file_bytes));
  }

  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = retry_on_signal([&] { return ::read(file.get(), bytes.data() + done, bytes.size() - done); });
    if (count < 0) fail(path, errno);
    if (count == 0) break;  // it has become shorter: what is missing is the decoder's to say
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace hdrtile
