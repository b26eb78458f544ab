#include "bindings/cli/report/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace castalia_cli::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Number, KeepsSignificantDigitsAndDropsZeros) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(0.0123456), "0.01235");
  EXPECT_EQ(number(-2.5), "−2.5");
  EXPECT_EQ(number(123456.7), "123457");
  EXPECT_EQ(number(9999.96), "10000");
  EXPECT_EQ(number(99.996, 3), "100");
}

TEST(Number, TakesPowersOfTenForTheVerySmallAndGreat) {
  EXPECT_EQ(number(1.5e-7), "1.5×10⁻⁷");
  EXPECT_EQ(number(-3e22), "−3×10²²");
  EXPECT_EQ(number(1e308), "1×10³⁰⁸");
  EXPECT_EQ(number(5e-324), "4.941×10⁻³²⁴");
  EXPECT_EQ(number(999999.9), "1×10⁶");
}

TEST(Number, IsADashWhereThereIsNone) {
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    EXPECT_EQ(number(value), "–");
    EXPECT_EQ(measured(value, 1), "–");
    EXPECT_EQ(sigmas(value), "–");
  }
}

TEST(Measured, RoundsTheErrorToTwoDigitsAndTheValueToTheSamePlace) {
  EXPECT_EQ(measured(0.012345, 0.00213), "0.0123 ± 0.0021");
  EXPECT_EQ(measured(1234.56, 12.3), "1235 ± 12");
  EXPECT_EQ(measured(-1.23456e-7, 2.1e-9), "(−1.235 ± 0.021)×10⁻⁷");
  EXPECT_EQ(measured(0, 0.0012), "0.0000 ± 0.0012");
  EXPECT_EQ(measured(-1e-9, 0.5), "0.00 ± 0.50");
  EXPECT_EQ(measured(0.5, 0.0996), "0.50 ± 0.10");
  EXPECT_EQ(measured(3e-300, 1e-301), "(3.00 ± 0.10)×10⁻³⁰⁰");
}

TEST(Measured, DoesWithoutAnErrorThatIsNotKnown) {
  EXPECT_EQ(measured(0.5, kNan), "0.5");
  EXPECT_EQ(measured(0.5, 0), "0.5");
  EXPECT_EQ(measured(1, 1e-14), "1 ± 1×10⁻¹⁴");
}

TEST(Count, GroupsThousands) {
  EXPECT_EQ(count(0), "0");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(count(1000), "1,000");
  EXPECT_EQ(count(1234567), "1,234,567");
  EXPECT_EQ(count(-123456), "-123,456");
}

TEST(Sigmas, HasOneDecimal) {
  EXPECT_EQ(sigmas(2.66), "2.7 σ");
  EXPECT_EQ(sigmas(-2.66), "−2.7 σ");
  EXPECT_EQ(sigmas(-0.01), "0.0 σ");
  EXPECT_EQ(sigmas(1e9), "1×10⁹ σ");
}

TEST(Escaped, LeavesNothingThatMarksUp) {
  EXPECT_EQ(escaped("<b a=\"1\" c='2'>&amp;</b>"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
  EXPECT_EQ(escaped("χ² of 𝜂\n\t"), "χ² of 𝜂\n\t");
}

TEST(Escaped, ReplacesWhatIsNoText) {
  EXPECT_EQ(escaped(std::string("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(escaped("\x1b[31m"), "\uFFFD[31m");
  EXPECT_EQ(escaped("\xff"), "\uFFFD");
  EXPECT_EQ(escaped("\xc3"), "\uFFFD");                      // cut off
  EXPECT_EQ(escaped("\xc0\xaf"), "\uFFFD\uFFFD");            // overlong '/'
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escaped("\xef\xbf\xbe"), "\uFFFD");  // U+FFFE
}

TEST(Coordinate, IsPlainDigits) {
  EXPECT_EQ(coordinate(1.0), "1");
  EXPECT_EQ(coordinate(-0.001), "0");
  EXPECT_EQ(coordinate(12.345), "12.35");
  EXPECT_EQ(coordinate(kNan), "0");
  EXPECT_EQ(coordinate(1e300), "100000");
}

TEST(Padded, CountsCharactersAndNotBytes) {
  EXPECT_EQ(width_of("χ²"), 2);
  EXPECT_EQ(padded("χ²", 4), "χ²  ");
  EXPECT_EQ(padded("χ²", 4, true), "  χ²");
  EXPECT_EQ(padded("long", 2), "long");
}

}  // namespace
}  // namespace castalia_cli::report
