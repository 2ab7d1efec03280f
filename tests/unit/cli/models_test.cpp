#include "models.h"

#include "hdrtile/error.h"
#include "sums.h"
#include "test_folder.h"

namespace hdrtile::cli::test {
namespace {

namespace fs = std::filesystem;
class Models : public FolderTest {};

TEST_F(Models, AreFoundByNameInTheFirstFolderThatHasThem) {
  write("one/small.pt");
  write("two/small.pt");
  write("two/base.pt");
  EXPECT_EQ(find_model("small", {"one", "two"}).file, "one/small.pt");
  EXPECT_EQ(find_model("base", {"one", "two"}).file, "two/base.pt");
  EXPECT_FALSE(find_model("small", {"one"}).draft);
  EXPECT_EQ(list_models({"one", "two"}), (std::vector<fs::path>{"two/base.pt", "one/small.pt"}));
}

TEST_F(Models, AreFoundByPath) {
  write("mine.pt");
  write("sub/other");
  EXPECT_EQ(find_model("mine.pt", {}).file, "mine.pt");
  EXPECT_EQ(find_model("sub/other", {}).file, "sub/other");
}

TEST_F(Models, AFileInTheCurrentFolderIsNotTakenForTheModelOfItsName) {
  write("small");
  write("huge");
  write("one/small.pt");
  const ModelChoice choice = find_model("small", {"one"});
  EXPECT_EQ(choice.file, "one/small.pt");
  EXPECT_TRUE(choice.by_name);
  EXPECT_FALSE(find_model("one/small.pt", {"one"}).by_name);
  try {
    (void)find_model("huge", {"one"});
    ADD_FAILURE() << "it took a file that was not named by its path";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("./huge"), std::string::npos) << error.what();
  }
}

TEST_F(Models, AreWhatTheSumsBesideThemSay) {
  const std::string good(64, 'a');
  write("one/small.pt");
  EXPECT_NO_THROW(check_sums("one/small.pt", good)) << "no sums, no check";
  write("one/SHA256SUMS", std::string(64, 'b') + "  base.pt\n" + good + "  small.pt\n");
  EXPECT_NO_THROW(check_sums("one/small.pt", good));
  EXPECT_NO_THROW(check_sums("one/mine.pt", good)) << "not named, no check";
  try {
    check_sums("one/base.pt", good);
    ADD_FAILURE() << "another file passed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_NE(std::string(error.what()).find("one/base.pt"), std::string::npos) << error.what();
  }
}

TEST_F(Models, AreCheckedHoweverTheSumsAreSpelt) {
  const std::string good(64, 'a');
  const std::string capitals(64, 'B');
  write("one/small.pt");
  for (const char* line : {"  small.pt\r\n", " *small.pt\n", "  ./small.pt\n", "  small.pt"}) {
    write("one/SHA256SUMS", "# of a release\n\n" + capitals + line);
    EXPECT_NO_THROW(check_sums("one/small.pt", std::string(64, 'b'))) << line;
    EXPECT_THROW(check_sums("one/small.pt", good), Error) << line;
  }
}

TEST_F(Models, PassNoSumsThatCannotBeRead) {
  const std::string good(64, 'a');
  write("one/small.pt");
  for (const std::string& line :
       {good + " small.pt", good.substr(1) + "  small.pt", std::string(64, 'g') + "  small.pt", good + "\tsmall.pt",
        good, "SHA256 (small.pt) = " + good}) {
    write("one/SHA256SUMS", good + "  small.pt\n" + line + "\n");
    try {
      check_sums("one/small.pt", good);
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::model);
      for (const char* part : {"one/SHA256SUMS, line 2", "small.pt", "sha256sum *.pt"}) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      }
    }
  }
  fs::remove("one/SHA256SUMS");
  fs::create_directory("one/SHA256SUMS");
  EXPECT_THROW(check_sums("one/small.pt", good), Error) << "a folder: opened, but not read";
}

TEST_F(Models, DraftIsSmallsUnlessThereIsOne) {
  write("one/small.pt");
  EXPECT_EQ(find_model("draft", {"one"}).file, "one/small.pt");
  EXPECT_TRUE(find_model("draft", {"one"}).draft);
  write("one/draft.pt");
  EXPECT_EQ(find_model("draft", {"one"}).file, "one/draft.pt");
  EXPECT_FALSE(find_model("draft", {"one"}).draft);
}

TEST_F(Models, ThatAreMissingAreToldWithWhatThereIs) {
  write("one/small.pt");
  for (const char* name : {"huge", "none.pt", "no/such/file"}) {
    try {
      (void)find_model(name, {"one"});
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::model);
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
      EXPECT_NE(std::string(error.what()).find("small"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace hdrtile::cli::test
