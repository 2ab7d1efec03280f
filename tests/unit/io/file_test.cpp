#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "files.h"

namespace hdrtile::test {
namespace {

namespace fs = std::filesystem;
class File : public FolderTest {};

const Bytes small = {1, 2, 3};

Bytes content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs in a child process, for what cannot be undone in this one (limits, rights); true when nothing failed there.
bool in_child(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(File, IsWrittenWholeWithTheUsualRights) {
  const mode_t mask = ::umask(027);
  write_file_atomic(folder_ / "a.jpg", small, Replace::never);
  ::umask(mask);
  EXPECT_EQ(content(folder_ / "a.jpg"), small);
  EXPECT_EQ(fs::status(folder_ / "a.jpg").permissions(), static_cast<fs::perms>(0640));
  EXPECT_EQ(names(), std::vector<std::string>{"a.jpg"});
}

TEST_F(File, MissingFoldersAreMade) {
  write_file_atomic(folder_ / "x" / "y" / "a.jpg", small, Replace::never);
  EXPECT_EQ(content(folder_ / "x" / "y" / "a.jpg"), small);
}

TEST_F(File, ATakenNameIsLeftAloneUnlessItMayBeReplaced) {
  write_file_atomic(folder_ / "a.jpg", small, Replace::never);
  EXPECT_FALSE(write_file_atomic(folder_ / "a.jpg", Bytes{9}, Replace::never));
  EXPECT_EQ(content(folder_ / "a.jpg"), small);
  EXPECT_TRUE(write_file_atomic(folder_ / "a.jpg", Bytes{9}, Replace::always));
  EXPECT_EQ(content(folder_ / "a.jpg"), Bytes{9});
  EXPECT_EQ(names(), std::vector<std::string>{"a.jpg"});
}

TEST_F(File, ALinkIsReplacedNotFollowed) {
  write_file_atomic(folder_ / "original.jpg", small, Replace::never);
  fs::create_symlink("original.jpg", folder_ / "link.jpg");
  write_file_atomic(folder_ / "link.jpg", Bytes{9}, Replace::always);
  EXPECT_EQ(content(folder_ / "original.jpg"), small);
  EXPECT_EQ(content(folder_ / "link.jpg"), Bytes{9});
}

TEST_F(File, AFolderInThePlaceIsAnError) {
  fs::create_directory(folder_ / "a.jpg");
  expect_error(ErrorCode::output, "directory", [&] { write_file_atomic(folder_ / "a.jpg", small, Replace::always); });
  EXPECT_EQ(names(), std::vector<std::string>{"a.jpg"});
}

TEST_F(File, AWriteThatFailsHalfwayLeavesNothing) {
  write_file_atomic(folder_ / "old.jpg", small, Replace::never);
  EXPECT_TRUE(in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Bytes large(100'000);
    expect_error(ErrorCode::output, "new.jpg", [&] { write_file_atomic(folder_ / "new.jpg", large, Replace::never); });
    expect_error(ErrorCode::output, "old.jpg", [&] { write_file_atomic(folder_ / "old.jpg", large, Replace::always); });
  }));
  EXPECT_EQ(names(), std::vector<std::string>{"old.jpg"});
  EXPECT_EQ(content(folder_ / "old.jpg"), small);
}

TEST_F(File, WithoutRightsTheFolderAndThePhotoAreNamed) {
  write_file_atomic(folder_ / "closed" / "a.jpg", small, Replace::never);
  fs::permissions(folder_ / "closed" / "a.jpg", fs::perms::none);
  fs::permissions(folder_ / "closed", static_cast<fs::perms>(0555));
  EXPECT_TRUE(in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return;  // root has every right
    expect_error(ErrorCode::output, "Permission denied",
                 [&] { write_file_atomic(folder_ / "closed" / "b.jpg", small, Replace::never); });
    expect_error(ErrorCode::input, "Permission denied", [&] { (void)read_file(folder_ / "closed" / "a.jpg"); });
  }));
  fs::permissions(folder_ / "closed", static_cast<fs::perms>(0755));
  EXPECT_FALSE(fs::exists(folder_ / "closed" / "b.jpg"));
}

TEST_F(File, ReadingSaysWhatIsWrong) {
  const auto path = [&](const char* name) { return folder_ / name; };
  std::ofstream(path("empty.jpg"));
  std::ofstream(path("large.jpg")) << std::string(100, 'x');
  ASSERT_EQ(::mkfifo(path("pipe.jpg").c_str(), 0600), 0);
  expect_error(ErrorCode::input, "No such file", [&] { (void)read_file(path("missing.jpg")); });
  expect_error(ErrorCode::input, "empty", [&] { (void)read_file(path("empty.jpg")); });
  expect_error(ErrorCode::input, "is a folder", [&] { (void)read_file(folder_); });
  expect_error(ErrorCode::input, "pipe", [&] { (void)read_file(path("pipe.jpg")); });
  expect_error(ErrorCode::input, "device", [&] { (void)read_file("/dev/null"); });
  expect_error(ErrorCode::limit, "too large", [&] { (void)read_file(path("large.jpg"), {.max_file_bytes = 99}); });
  EXPECT_EQ(read_file(path("large.jpg"), {.max_file_bytes = 100}).size(), 100U);
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace hdrtile::test
