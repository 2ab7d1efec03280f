#include "inputs.h"

#include <sstream>

#include "hdrtile/error.h"
#include "test_folder.h"

namespace hdrtile::cli::test {
namespace {

class Inputs : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    for (const char* file : {"in/b.JPG", "in/a.png", "in/notes.txt", "in/.hidden.jpg", "in/sub/c.jpeg",
                             "in/sub/deep/d.jpg", "in/.git/e.jpg", "x[1].jpg", "x1.jpg"}) {
      write(file);
    }
  }
  std::vector<std::string> collect(std::vector<std::string> arguments, const std::string& standard_input = "") {
    flags_.inputs = std::move(arguments);
    std::istringstream stream(standard_input);
    std::vector<std::string> files;
    sources_ = collect_inputs(flags_, stream, [](const std::filesystem::path& folder, const std::string& why) {
      ADD_FAILURE() << folder << why;
    });
    for (const auto& source : sources_) files.push_back(source.file.string());
    return files;
  }
  void expect_usage_error(std::vector<std::string> arguments, const std::string& part,
                          const std::string& standard_input = "") {
    try {
      (void)collect(std::move(arguments), standard_input);
      ADD_FAILURE() << "no error; expected one with " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  using Files = std::vector<std::string>;
  EnhanceFlags flags_;
  std::vector<Source> sources_;
};

TEST_F(Inputs, FolderGivesItsOwnPhotosSorted) { EXPECT_EQ(collect({"in"}), (Files{"in/a.png", "in/b.JPG"})); }

TEST_F(Inputs, RecursiveGoesDeeperAndKnowsTheTree) {
  flags_.recursive = true;
  EXPECT_EQ(collect({"in"}), (Files{"in/a.png", "in/b.JPG", "in/sub/c.jpeg", "in/sub/deep/d.jpg"}));
  EXPECT_EQ(sources_[0].below, "");
  EXPECT_EQ(sources_[3].below, "sub/deep");
}

TEST_F(Inputs, RecursiveIsNotCaughtInALoopOfLinks) {
  std::filesystem::create_directory_symlink("..", "in/sub/up");
  flags_.recursive = true;
  EXPECT_EQ(collect({"in"}).size(), 4U);
}

TEST_F(Inputs, GlobsAreExpandedUnlessAFileHasThatName) {
  EXPECT_EQ(collect({"in/*.*G"}), (Files{"in/b.JPG"}));
  EXPECT_EQ(collect({"x[1].jpg"}), (Files{"x[1].jpg"}));
}

TEST_F(Inputs, MissingOnesStayAndFailAsPhotos) {
  EXPECT_EQ(collect({"none.jpg", "none*.jpg"}), (Files{"none.jpg", "none*.jpg"}));
}

TEST_F(Inputs, ListsComeFromFilesAndStandardInput) {
  write("list.txt", "in/a.png\r\n\nin/sub\n");
  EXPECT_EQ(collect({"@list.txt"}), (Files{"in/a.png", "in/sub/c.jpeg"}));
  EXPECT_EQ(collect({"-"}, "x1.jpg\nin/a.png"), (Files{"x1.jpg", "in/a.png"}));
  flags_.separator = ListSeparator::nul;
  EXPECT_EQ(collect({"-"}, std::string("line\nbreak.jpg\0x1.jpg\0", 22)), (Files{"line\nbreak.jpg", "x1.jpg"}));
}

TEST_F(Inputs, EachPhotoIsTakenOnce) {
  EXPECT_EQ(collect({"x1.jpg", "./x1.jpg", "x1.jpg", "in/../x1.jpg"}), (Files{"x1.jpg"}));
}

TEST_F(Inputs, ThePhotoAboveALinkedFolderIsAnother) {
  std::filesystem::create_directory_symlink("in/sub/deep", "link");
  write("in/sub/x1.jpg");
  EXPECT_EQ(collect({"x1.jpg", "link/../x1.jpg", "in/sub/../sub/x1.jpg"}), (Files{"x1.jpg", "link/../x1.jpg"}));
}

TEST_F(Inputs, AnEmptyNameIsAUsageErrorUnlessAListHasIt) {
  expect_usage_error({"x1.jpg", ""}, "empty name");
  EXPECT_EQ(collect({"-"}, "\nx1.jpg\n\n"), (Files{"x1.jpg"}));
}

TEST_F(Inputs, AListOfFindPrint0AsksForItsFlag) {
  expect_usage_error({"-"}, "-0", std::string("x1.jpg\0in/a.png\0", 16));
  expect_usage_error({"-"}, "UTF-8", std::string("\xff\xfex\0001\0.\0j\0p\0g\0", 14));
}

TEST_F(Inputs, AListThatCannotBeReadToItsEndIsNotTakenForAShorterOne) {
  expect_usage_error({"x1.jpg", "@in"}, "the list in cannot be read");  // a folder: opened, but not read
}

TEST_F(Inputs, NoPhotoAtAllIsAUsageErrorThatNamesWhereItLooked) {
  std::filesystem::create_directory("empty");
  expect_usage_error({"empty"}, "empty");
  expect_usage_error({"@no-such-list.txt"}, "no-such-list.txt");
}

}  // namespace
}  // namespace hdrtile::cli::test
