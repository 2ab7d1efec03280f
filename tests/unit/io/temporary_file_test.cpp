#include "temporary_file.h"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <optional>

#include "files.h"

namespace hdrtile::test {
namespace {

namespace fs = std::filesystem;

class Strays : public FolderTest {
 protected:
  /// The name of a temporary file of this host, as a writer that was killed leaves it.
  fs::path own_name(char last = '0') {
    std::string name;
    {
      const TemporaryFile file(folder_);
      name = names().front();
    }
    name.at(name.size() - 5) = last;
    return folder_ / name;
  }
  /// The same of another host.
  fs::path foreign_name(char last = '0') {
    std::string name = own_name(last).filename();
    for (char& digit : std::span(name).subspan(9, 8)) digit = digit == '0' ? '1' : '0';
    return folder_ / name;
  }
  static void make(const fs::path& path) { std::ofstream(path) << "half a pho"; }
  static void age(const fs::path& path, std::chrono::hours hours) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - hours);
  }
};

TEST_F(Strays, AFileWhoseWriterIsGoneIsRemoved) {
  const fs::path stray = own_name();
  make(stray);
  EXPECT_EQ(remove_strays(folder_), std::vector{stray});
  EXPECT_TRUE(names().empty());
}

TEST_F(Strays, AFileWhoseWriterLivesStaysHoweverOld) {
  TemporaryFile living(folder_);
  age(folder_ / names().front(), std::chrono::hours(100));
  EXPECT_TRUE(remove_strays(folder_).empty());
  living.write(Bytes{1, 2, 3});
  EXPECT_TRUE(remove_strays(folder_).empty()) << "the second descriptor was closed, the lock is still held";
  EXPECT_TRUE(living.rename(folder_ / "a.jpg", Replace::never));
  EXPECT_EQ(names(), std::vector<std::string>{"a.jpg"});
}

TEST_F(Strays, AnotherHostsFileGoesAfterADayAlone) {
  const fs::path stray = foreign_name();
  make(stray);
  age(stray, std::chrono::hours(23));
  EXPECT_TRUE(remove_strays(folder_).empty());
  age(stray, std::chrono::hours(25));
  EXPECT_EQ(remove_strays(folder_), std::vector{stray});
}

TEST_F(Strays, FilesOfAnyOtherNameStay) {
  const std::string own = own_name().filename();
  for (const std::string& name :
       {own + "x", "x" + own, own.substr(1), own.substr(0, own.size() - 4) + ".jpg", std::string(".hdrtile-1234.tmp"),
        std::string("photo.jpg"), own.substr(0, 20) + "Z" + own.substr(21)}) {
    make(folder_ / name);
    age(folder_ / name, std::chrono::hours(1000));
  }
  const auto before = names();
  EXPECT_TRUE(remove_strays(folder_).empty());
  EXPECT_EQ(names(), before);
}

TEST_F(Strays, WhatIsNoFileStaysAndLinksAreNotFollowed) {
  make(folder_ / "original");
  fs::create_directory(own_name('1'));
  fs::create_symlink("original", own_name('2'));
  ASSERT_EQ(::mkfifo(own_name('3').c_str(), 0600), 0);
  const auto before = names();
  EXPECT_TRUE(remove_strays(folder_).empty());
  EXPECT_EQ(names(), before);
}

TEST_F(Strays, APhotoThatGotItsNameStaysWhenItsTemporaryNameGoes) {
  make(folder_ / "a.jpg");
  fs::create_hard_link(folder_ / "a.jpg", own_name());
  EXPECT_EQ(remove_strays(folder_).size(), 1U);
  EXPECT_EQ(names(), std::vector<std::string>{"a.jpg"});
}

TEST_F(Strays, AFolderThatIsMissingHasNone) { EXPECT_TRUE(remove_strays(folder_ / "missing").empty()); }

}  // namespace
}  // namespace hdrtile::test
