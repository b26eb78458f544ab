// Ranges and colours of the drawings.
#include <gtest/gtest.h>

#include <cmath>

#include "bindings/cli/report/image.h"
#include "bindings/cli/report/plot.h"

namespace castalia_cli::report {
namespace {

TEST(RatioRange, IsTheSmallestThatShowsTheRatios) {
  EXPECT_DOUBLE_EQ(ratio_range({0.99, 1.005, 1.0}, {0.001, 0.001, 0.001}).half, 0.01);
  EXPECT_DOUBLE_EQ(ratio_range({0.8, 1.15, 1.0}, {0.01, 0.01, 0.01}).half, 0.2);
  EXPECT_DOUBLE_EQ(ratio_range({0.0, 2.0}, {0.1, 0.1}).half, 1);
  EXPECT_DOUBLE_EQ(ratio_range({50, 70}, {0.1, 0.1}).half, 3);
}

// Bins that are hardly measured do not make the others small.
TEST(RatioRange, DoesNotFollowWhatIsNotMeasured) {
  EXPECT_DOUBLE_EQ(ratio_range({1, 1.01, 0.99, 5}, {0.01, 0.01, 0.01, 4}).half, 0.01);
}

// A range narrower than the errors shows nothing but bars.
TEST(RatioRange, HoldsTheErrors) {
  EXPECT_DOUBLE_EQ(ratio_range({1, 1, 1}, {0.3, 0.3, 0.3}).half, 0.5);
}

TEST(RatioRange, TakesNothing) {
  EXPECT_DOUBLE_EQ(ratio_range({}, {}).half, 3);
  EXPECT_DOUBLE_EQ(ratio_range({std::nan("")}, {0}).half, 3);
}

TEST(RatioRange, NeverBeginsFarBelowZero) {
  for (const double half : {0.01, 1.0, 3.0}) {
    const RatioRange range{half};
    EXPECT_GT(range.lower(), -0.5);
    EXPECT_GE(range.marks().front().value, 0);
    for (const Tick& mark : range.marks()) {
      EXPECT_GT(mark.value, range.lower());
      EXPECT_LT(mark.value, range.upper());
    }
  }
}

double lightness(const std::string& colour) {
  const auto part = [&](size_t at) {
    const double value = std::stoi(colour.substr(at, 2), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  const double y = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return 116 * std::cbrt(y) - 16;
}

TEST(Colours, OfTheSequentialMapGetLighterEvenly) {
  for (int i = 0; i < 20; ++i) {
    const double step =
        lightness(sequential_colour((i + 1) / 20.0)) - lightness(sequential_colour(i / 20.0));
    EXPECT_GT(step, 1.5) << i;
    EXPECT_LT(step, 7) << i;
  }
}

TEST(Colours, OfTheDivergingMapAreLightestInTheMiddle) {
  EXPECT_EQ(diverging_colour(0.5), "#f7f7f7");
  for (int i = 0; i < 10; ++i) {
    EXPECT_LT(lightness(diverging_colour(i / 20.0)), lightness(diverging_colour((i + 1) / 20.0)));
    EXPECT_LT(lightness(diverging_colour(1 - i / 20.0)),
              lightness(diverging_colour(1 - (i + 1) / 20.0)));
  }
  EXPECT_EQ(diverging_colour(-3), diverging_colour(0));
  EXPECT_EQ(sequential_colour(std::nan("")), sequential_colour(0));
}

}  // namespace
}  // namespace castalia_cli::report
