#include "naming.h"

#include "hdrtile/error.h"
#include "test_folder.h"

namespace hdrtile::cli::test {
namespace {

class Naming : public FolderTest {
 protected:
  static std::string name(const std::string& output, const Source& source, std::optional<Format> format = {},
                          std::size_t photos = 1) {
    return OutputNaming(output, format, "small", photos).name(source).string();
  }
};

TEST_F(Naming, IsBesideTheInputByDefault) {
  EXPECT_EQ(name("", {"a.jpg", ""}), "a_hdr.jpg");
  EXPECT_EQ(name("", {"./a.jpg", ""}), "./a_hdr.jpg");
  EXPECT_EQ(name("", {"/x/y.z/IMG 1.JPG", ""}), "/x/y.z/IMG 1_hdr.JPG");
  EXPECT_EQ(name("", {"no.dots.here.jpeg", ""}), "no.dots.here_hdr.jpeg");
  EXPECT_EQ(name("", {"per%cent{brace}.jpg", ""}), "per%cent{brace}_hdr.jpg");
}

TEST_F(Naming, FolderIsOneThatExistsEndsInASlashOrHasNoExtension) {
  std::filesystem::create_directory("with.dot");
  EXPECT_EQ(name("with.dot", {"in/a.jpg", ""}, {}, 2), "with.dot/a_hdr.jpg");
  EXPECT_EQ(name("new/", {"in/a.jpg", ""}, {}, 2), "new/a_hdr.jpg");
  EXPECT_EQ(name("new", {"in/a.jpg", ""}, {}, 2), "new/a_hdr.jpg");
  EXPECT_EQ(name("v1.0/", {"in/a.jpg", ""}, {}, 2), "v1.0/a_hdr.jpg");
}

TEST_F(Naming, FolderMirrorsTheTree) { EXPECT_EQ(name("out/", {"in/x/y/a.jpg", "x/y"}), "out/x/y/a_hdr.jpg"); }

TEST_F(Naming, TemplateFillsItsFields) {
  EXPECT_EQ(name("{dir}/done/{stem}-{model}.{ext}", {"in/a.jpg", ""}), "in/done/a-small.jpg");
  EXPECT_EQ(name("/out/{stem}.png", {"in/a.jpg", ""}), "/out/a.png");
  EXPECT_EQ(OutputNaming("/out/{stem}.png", {}, "small", 3).format(), Format::png);
  EXPECT_FALSE(OutputNaming("/out/{stem}.{ext}", {}, "small", 3).format().has_value());
  EXPECT_EQ(OutputNaming("{model}/{stem}.{ext}", {}, "a/b", 1).name({"a.jpg", ""}), "a_b/a.jpg");
}

TEST_F(Naming, OneFileForOnePhoto) {
  EXPECT_EQ(name("result.jpg", {"in/a.jpg", ""}), "result.jpg");
  EXPECT_EQ(OutputNaming("result.PNG", {}, "small", 1).format(), Format::png);
}

TEST_F(Naming, FormatDecidesTheExtension) {
  EXPECT_EQ(name("", {"a.jpg", ""}, Format::png), "a_hdr.png");
  EXPECT_EQ(name("", {"a.JPEG", ""}, Format::jpeg), "a_hdr.JPEG");
  EXPECT_EQ(name("out/", {"a.png", ""}, Format::jpeg), "out/a_hdr.jpg");
}

TEST_F(Naming, ExtensionsOfEveryWrittenFormatAreKnown) {
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    for (const auto extension : facts.extensions) {
      const std::string file = "result." + std::string(extension);
      EXPECT_EQ(OutputNaming(file, {}, "small", 1).format(), facts.format) << file;
      EXPECT_EQ(name("", {"a.jpg", ""}, facts.format).substr(0, 6), "a_hdr.");
    }
  }
}

TEST_F(Naming, ExtensionTellsTheTruthAboutAMislabelledInput) {
  write("a.png", "\xff\xd8\xff\xe0 and more of a JPEG than that");
  EXPECT_EQ(name("", {"a.png", ""}), "a_hdr.jpg");
}

TEST_F(Naming, RefusesWhatCannotBe) {
  write("taken");
  for (const char* output : {"{stam}.jpg", "{stem.jpg", "{stem}/", "result.gif", "{stem}.bmp", "taken"}) {
    EXPECT_THROW(OutputNaming(output, {}, "small", 1), Error) << output;
  }
  EXPECT_THROW(OutputNaming("result.jpg", {}, "small", 2), Error);
  EXPECT_THROW(OutputNaming("result.jpg", Format::png, "small", 1), Error);
}

}  // namespace
}  // namespace hdrtile::cli::test
