#include "quantity.h"

#include <gtest/gtest.h>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

TEST(Quantity, TakesSuffixesOfEitherBase) {
  EXPECT_EQ(parse_quantity("1500", 1024), 1500);
  EXPECT_EQ(parse_quantity("1K", 1024), 1024);
  EXPECT_EQ(parse_quantity("1.5G", 1024), 1'610'612'736);
  EXPECT_EQ(parse_quantity("512 MiB", 1024), 536'870'912);
  EXPECT_EQ(parse_quantity("2gb", 1024), 2'147'483'648);
  EXPECT_EQ(parse_quantity("100B", 1024), 100);
  EXPECT_EQ(parse_quantity("400M", 1000), 400'000'000);
  EXPECT_EQ(parse_quantity("7.2MP", 1000), 7'200'000);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text : {"", "lots", "G", "-1", "0", "1X", "1GG", "1e400", "nan", "inf", "12 34", "99999999999G"}) {
    EXPECT_THROW((void)parse_quantity(text, 1024), Error) << text;
  }
}

TEST(Quantity, IsWrittenForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(16'106'127'360), "15.0 GiB");
  EXPECT_EQ(format_duration(850), "850 ms");
  EXPECT_EQ(format_duration(12'340), "12.3 s");
  EXPECT_EQ(format_duration(59'970), "1 min 00 s");
  EXPECT_EQ(format_duration(245'000), "4 min 05 s");
  EXPECT_EQ(format_duration(7'500'000), "2 h 05 min");
}

}  // namespace
}  // namespace hdrtile::cli
