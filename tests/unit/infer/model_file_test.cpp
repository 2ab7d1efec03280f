#include <gtest/gtest.h>

#include "model_factory.h"

namespace hdrtile {
namespace {

using test::error_of;
using test::ModelSource;

const char* const plain_code = "def forward(self, x):\n    return x\n";

const char* const contextual_code = R"(
def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
    return preview, preview
def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
    return tiles
)";

class ModelFileTest : public ::testing::Test {
 protected:
  Error error_with(const std::string& json, const std::string& code = plain_code) {
    return error_of([&] { (void)read_model_info(folder_.model({.code = code, .description = json})); });
  }

  test::TempFolder folder_;
};

TEST_F(ModelFileTest, ReadsEverythingADescriptionSays) {
  const ModelInfo info = read_model_info(folder_.model({.code = contextual_code, .description = R"({
    "name": "small", "version": "1.2", "licence": "MIT", "trained_on": "panoramas", "scale": 2, "multiple": 16,
    "halo": 24, "channels": 3, "context_px": 144, "receptive_field": 40, "parameters": 1234567890123,
    "bytes_per_pixel": 812.5, "statistics": "preview", "weights_sha256": "ab", "something": "else",
    "tile": {"min": 64, "max": 1024, "default": 256}})"}));
  EXPECT_TRUE(info.described);
  EXPECT_TRUE(info.contextual);
  EXPECT_FALSE(info.draft);
  EXPECT_EQ(info.name, "small");
  EXPECT_EQ(info.version, "1.2");
  EXPECT_EQ(info.licence, "MIT");
  EXPECT_EQ(info.weights_sha256, "ab");
  EXPECT_EQ(info.trained_on, "panoramas");
  EXPECT_EQ(info.scale, 2);
  EXPECT_EQ(info.multiple, 16);
  EXPECT_EQ(info.halo, 24);
  EXPECT_EQ(info.context_px, 144);
  EXPECT_EQ(info.receptive_field, 40);
  EXPECT_EQ(info.parameters, 1234567890123);
  EXPECT_DOUBLE_EQ(info.bytes_per_pixel, 812.5);
  EXPECT_EQ(info.tile_default, 256);
  EXPECT_EQ(info.shapes.min, 64);
  EXPECT_EQ(info.shapes.max, 1024);
  EXPECT_TRUE(info.shapes.fixed.empty());
}

TEST_F(ModelFileTest, AFixedTileMayBeOneSideOrSeveral) {
  const auto one = read_model_info(
      folder_.model({.code = plain_code, .description = test::description(1, 8, 0, R"(, "tile": {"fixed": 256})")}));
  EXPECT_EQ(one.shapes.fixed, std::vector<int>{256});
  EXPECT_EQ(one.tile_default, 256);
  const auto two = read_model_info(folder_.model(
      {.code = plain_code,
       .description = test::description(1, 8, 0, R"(, "tile": {"fixed": [1024, 512], "default": 512})")}));
  EXPECT_EQ(two.shapes.fixed, (std::vector<int>{512, 1024}));
  EXPECT_EQ(two.tile_default, 512);
}

TEST_F(ModelFileTest, DefaultTileFitsTheModelsMultiple) {
  const auto info = read_model_info(folder_.model({.code = plain_code, .description = test::description(1, 48)}));
  EXPECT_EQ(info.tile_default % 48, 0);
  EXPECT_GT(info.tile_default, 400);
}

TEST_F(ModelFileTest, WithoutADescriptionItIsAPlainModelNamedAfterItsFile) {
  const ModelInfo info = read_model_info(folder_.model({.code = plain_code}, "mine.pt"));
  EXPECT_FALSE(info.described);
  EXPECT_FALSE(info.contextual);
  EXPECT_EQ(info.name, "mine");
  EXPECT_EQ(info.scale, 1);
  EXPECT_EQ(info.multiple, 8);
  EXPECT_EQ(info.halo, 16);
}

TEST_F(ModelFileTest, FaultsInTheDescriptionAreNamed) {
  struct Case {
    std::string json;
    std::string named;
  };
  const auto with = [](const std::string& more) { return test::description(1, 8, 0, more); };
  const Case cases[] = {
      {"{", "no valid JSON"},
      {"[]", "no JSON object"},
      {R"({"scale": 1, "multiple": 8, "halo": 0})", "\"name\""},
      {R"({"name": "", "scale": 1, "multiple": 8, "halo": 0})", "\"name\""},
      {R"({"name": 7, "scale": 1, "multiple": 8, "halo": 0})", "\"name\""},
      {R"({"name": "a", "multiple": 8, "halo": 0})", "\"scale\""},
      {R"({"name": "a", "scale": 0, "multiple": 8, "halo": 0})", "\"scale\""},
      {R"({"name": "a", "scale": 1.5, "multiple": 8, "halo": 0})", "\"scale\""},
      {R"({"name": "a", "scale": "1", "multiple": 8, "halo": 0})", "\"scale\""},
      {R"({"name": "a", "scale": 1, "halo": 0})", "\"multiple\""},
      {R"({"name": "a", "scale": 1, "multiple": 99999999999999999999, "halo": 0})", "\"multiple\""},
      {R"({"name": "a", "scale": 1, "multiple": 8})", "\"halo\""},
      {R"({"name": "a", "scale": 1, "multiple": 8, "halo": -1})", "\"halo\""},
      {with(R"(, "channels": 1)"), "\"channels\""},
      {with(R"(, "version": 2)"), "\"version\""},
      {with(R"(, "context_px": 0)"), "\"context_px\""},
      {with(R"(, "receptive_field": -5)"), "\"receptive_field\""},
      {with(R"(, "parameters": "many")"), "\"parameters\""},
      {with(R"(, "bytes_per_pixel": -1)"), "\"bytes_per_pixel\""},
      {with(R"(, "tile": 512)"), "\"tile\""},
      {with(R"(, "tile": {"fixed": []})"), "\"fixed\""},
      {with(R"(, "tile": {"fixed": 500})"), "multiple of 8"},
      {with(R"(, "tile": {"min": 12})"), "multiple of 8"},
      {with(R"(, "tile": {"min": 64, "max": 32})"), "\"min\" above \"max\""},
      {with(R"(, "tile": {"min": 64, "max": 128, "default": 256})"), "\"default\""},
      {with(R"(, "tile": {"fixed": [256, 512], "default": 384})"), "\"default\""},
  };
  for (const Case& c : cases) {
    const Error error = error_with(c.json);
    const std::string message = error.what();
    EXPECT_EQ(error.code(), ErrorCode::model) << c.json;
    EXPECT_NE(message.find(c.named), std::string::npos) << c.json << "\n" << message;
    EXPECT_NE(message.find("model.pt"), std::string::npos) << message;
    EXPECT_NE(message.find("hdrtile.json"), std::string::npos) << message;
  }
}

TEST_F(ModelFileTest, WeightsMustBeThoseThatTheFileStates) {
  std::string hashed;
  const Sha256 sha256 = [&](std::span<const std::uint8_t> bytes) {
    hashed.assign(bytes.begin(), bytes.end());
    return "right";
  };
  const auto path = [&](const std::string& stated) {
    return folder_.model({.code = plain_code,
                          .weights = {{"b", {1}, {2.0F}}, {"a", {2}, {1.0F, -1.0F}}},
                          .trunk = {{"c", {1}, {0.5F}}},
                          .description = test::description(1, 8, 0, stated)});
  };
  EXPECT_NO_THROW((void)read_model_info(path(R"(, "weights_sha256": "right")"), sha256));
  const std::string one("\0\0\x80\x3f", 4);  // little-endian floats
  const std::string minus_one("\0\0\x80\xbf", 4);
  const std::string two("\0\0\0\x40", 4);
  const std::string half("\0\0\0\x3f", 4);
  EXPECT_EQ(hashed, "a" + one + minus_one + "b" + two + "trunk.c" + half);
  const auto wrong = path(R"(, "weights_sha256": "wrong")");
  const Error error = error_of([&] { (void)read_model_info(wrong, sha256); });
  EXPECT_EQ(error.code(), ErrorCode::model);
  EXPECT_NE(std::string(error.what()).find("weights_sha256"), std::string::npos) << error.what();
  EXPECT_NO_THROW((void)read_model_info(wrong));    // nothing to hash with
  EXPECT_NO_THROW((void)read_model_info(path(""), sha256));
}

TEST_F(ModelFileTest, AContextualModelMustStateItsPreview) {
  EXPECT_NE(std::string(error_with(test::description(), contextual_code).what()).find("context_px"), std::string::npos);
  EXPECT_NE(std::string(error_with("", contextual_code).what()).find("hdrtile.json"), std::string::npos);
}

TEST_F(ModelFileTest, MethodsMustTakeWhatTheContractHandsThem) {
  const Error two = error_with(test::description(), "def forward(self, x, y):\n    return x + y\n");
  EXPECT_NE(std::string(two.what()).find("takes 2 inputs"), std::string::npos) << two.what();
  const Error none = error_with(test::description(), "def enhance(self, x):\n    return x\n");
  EXPECT_NE(std::string(none.what()).find("forward"), std::string::npos) << none.what();
}

TEST_F(ModelFileTest, WhatIsNoModelIsToldWithARemedy) {
  const std::string zip = std::string("PK\x03\x04", 4) + std::string(300, 'x');
  struct Case {
    std::filesystem::path path;
    std::string reason;
  };
  const Case cases[] = {
      {folder_ / "absent.pt", "does not exist"},
      {folder_ / "", "is a folder"},
      {folder_.file("", "empty.pt"), "is empty"},
      {folder_.file("this is a text\n", "text.pt"), "no TorchScript file"},
      {folder_.file("PK", "two.pt"), "no TorchScript file"},
      {folder_.file(zip, "garbage.pt"), "cannot be loaded as TorchScript"},
  };
  for (const Case& c : cases) {
    const Error error = error_of([&] { (void)make_engine({.model = c.path, .device = "cpu"}); });
    const std::string message = error.what();
    EXPECT_EQ(error.code(), ErrorCode::model) << c.path;
    EXPECT_NE(message.find(c.reason), std::string::npos) << message;
    EXPECT_NE(message.find(c.path.string()), std::string::npos) << message;
    EXPECT_NE(message.find("TorchScript"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST_F(ModelFileTest, ATruncatedModelIsToldAsSuch) {
  const auto path = folder_.model(test::pointwise_model({1, 0, 0, 0, 1, 0, 0, 0, 1}));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const Error error = error_of([&] { (void)read_model_info(path); });
  EXPECT_EQ(error.code(), ErrorCode::model);
  EXPECT_NE(std::string(error.what()).find("cannot be loaded"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace hdrtile
