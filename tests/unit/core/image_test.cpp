#include "hdrtile/image.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "hdrtile/error.h"
#include "random_cases.h"

/// AddressSanitizer ends the program where memory is refused, unless told to say no as the system does.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }  // NOLINT(*-identifier*)

namespace hdrtile {
namespace {

using test::error_code;

TEST(Image, IsZeroedAlignedAndPacked) {
  const Image image({5, 3}, Depth::u16);
  EXPECT_EQ(image.row_bytes(), 30U);
  EXPECT_EQ(image.bytes(), 90U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(image.row_data(0)) % 64, 0U);
  EXPECT_EQ(image.row_data(2) - image.row_data(0), 60);
  for (int y = 0; y < 3; ++y) {
    for (int i = 0; i < 15; ++i) EXPECT_EQ(image.row<std::uint16_t>(y)[i], 0);
  }
}

TEST(Image, SizesThatCannotBeAreRefused) {
  constexpr int huge = std::numeric_limits<int>::max();
  for (const Size size : {Size{0, 5}, {5, 0}, {-1, 5}, {huge, 1}}) {
    EXPECT_EQ(error_code([&] { Image(size, Depth::u8); }), static_cast<int>(ErrorCode::limit)) << size.width;
  }
  EXPECT_EQ(error_code([] { Image({huge / 3, huge}, Depth::f32); }), static_cast<int>(ErrorCode::limit));
}

TEST(Image, RefusedMemoryIsAnErrorThatNamesTheSize) {
  std::string message;
  constexpr int side = 500'000'000;  // 1.5 exabytes: more than any address space has
  EXPECT_EQ(error_code(
                [] {
                  Image({side, side * 2}, Depth::u8);
                },
                &message),
            static_cast<int>(ErrorCode::out_of_memory));
  EXPECT_NE(message.find("500000000 x 1000000000"), std::string::npos) << message;
}

template <typename T>
void expect_every_value_comes_back(Depth depth) {
  constexpr int values = std::numeric_limits<T>::max() + 1;
  Image image({values, 1}, depth, 1);
  for (int i = 0; i < values; ++i) image.row<T>(0)[i] = static_cast<T>(i);
  std::vector<float> row(values);
  read_row(image, 0, 0, values, row.data());
  EXPECT_EQ(row.front(), 0.0F);
  EXPECT_EQ(row.back(), 1.0F);
  Image back({values, 1}, depth, 1);
  for (const float error : {0.0F, 0.4F / values, -0.4F / values}) {  // and rounds to the nearest
    std::vector<float> shifted = row;
    for (float& value : shifted) value += error;
    write_row(back, 0, 0, back.width(), shifted.data());
    for (int i = 0; i < values; ++i) ASSERT_EQ(back.row<T>(0)[i], i) << error;
  }
}

TEST(Rows, EveryValueOf8And16BitsComesBack) {
  expect_every_value_comes_back<std::uint8_t>(Depth::u8);
  expect_every_value_comes_back<std::uint16_t>(Depth::u16);
}

TEST(Rows, IntegersAreClampedAndFloatsAreNot) {
  const std::vector<float> wild{-0.5F, 1.5F, 1e30F};
  Image eight({1, 1}, Depth::u8);
  write_row(eight, 0, 0, eight.width(), wild.data());
  EXPECT_EQ(eight.row<std::uint8_t>(0)[0], 0);
  EXPECT_EQ(eight.row<std::uint8_t>(0)[1], 255);
  EXPECT_EQ(eight.row<std::uint8_t>(0)[2], 255);
  Image floats({1, 1}, Depth::f32);
  write_row(floats, 0, 0, floats.width(), wild.data());
  std::vector<float> back(3);
  read_row(floats, 0, 0, 1, back.data());
  EXPECT_EQ(back, wild);
}

TEST(Rows, APartOfARowIsReadFromItsColumn) {
  Image image({4, 2}, Depth::u8);
  for (int i = 0; i < 12; ++i) image.row<std::uint8_t>(1)[i] = static_cast<std::uint8_t>(i);
  std::vector<float> part(6);
  read_row(image, 1, 2, 2, part.data());
  for (int i = 0; i < 6; ++i) EXPECT_FLOAT_EQ(part[i] * 255, static_cast<float>(6 + i));
}

}  // namespace
}  // namespace hdrtile
