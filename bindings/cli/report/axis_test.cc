#include "bindings/cli/report/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace castalia_cli::report {
namespace {

std::vector<std::string> labels(const Axis& axis, int about = 5) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks(axis, about)) {
    if (!tick.label.empty()) out.push_back(tick.label);
  }
  return out;
}

using Labels = std::vector<std::string>;

TEST(Axis, MapsItsLimitsToZeroAndOne) {
  for (const Axis& axis : {Axis{-3, 5, false}, Axis{0.1, 1e4, true}}) {
    EXPECT_DOUBLE_EQ(axis.share(axis.lower), 0);
    EXPECT_DOUBLE_EQ(axis.share(axis.upper), 1);
    EXPECT_NEAR(axis.share(axis.at(0.25)), 0.25, 1e-12);
  }
  EXPECT_LT((Axis{0.1, 10, true}).share(0), -1e6);
  EXPECT_DOUBLE_EQ((Axis{1, 100, true}).at(0.5), 10);
}

TEST(Ticks, StandAtRoundValues) {
  EXPECT_EQ(labels({0, 1, false}), (Labels{"0", "0.2", "0.4", "0.6", "0.8", "1"}));
  EXPECT_EQ(labels({-3.1, 3.2, false}), (Labels{"−2", "0", "2"}));
  EXPECT_EQ(labels({0, 50000, false}), (Labels{"0", "10000", "20000", "30000", "40000", "50000"}));
}

TEST(Ticks, HaveDigitsEnoughToBeToldApart) {
  EXPECT_EQ(labels({1000.001, 1000.004, false}, 4),
            (Labels{"1000.001", "1000.002", "1000.003", "1000.004"}));
}

TEST(Ticks, OfALogarithmicAxisStandAtDecades) {
  EXPECT_EQ(labels({0.01, 1000, true}), (Labels{"0.01", "0.1", "1", "10", "100", "1000"}));
  EXPECT_EQ(labels({1.5, 60, true}), (Labels{"2", "5", "10", "20", "50"}));
  EXPECT_EQ(labels({3.1, 4.2, true}, 4), (Labels{"3.2", "3.6", "4"}));
  // Eleven decades, but not eleven labels.
  EXPECT_LE(labels({1e-6, 1e5, true}).size(), 6u);
}

// Whatever the limits: some marks, inside, in order, each with a label of its own.
TEST(Ticks, AreSoundForAnyLimits) {
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kLeast = std::numeric_limits<double>::denorm_min();
  const Axis axes[] = {{-kMost, kMost, false},  {0, kLeast, false},
                       {0, 1e-310, false},      {1, std::nextafter(1, 2), false},
                       {1e15, 1e15 + 2, false}, {-1e-300, 1e300, false},
                       {kLeast, kMost, true},   {1, std::nextafter(1, 2), true},
                       {9.9e307, kMost, true}};
  for (const Axis& axis : axes) {
    const std::vector<Tick> all = ticks(axis, 5);
    ASSERT_FALSE(all.empty()) << axis.lower;
    EXPECT_LE(all.size(), 100u) << axis.lower;
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_TRUE(std::isfinite(all[i].value));
      EXPECT_TRUE(std::isfinite(axis.share(all[i].value))) << axis.lower << " " << axis.upper;
      EXPECT_GE(axis.share(all[i].value), -1e-6);
      EXPECT_LE(axis.share(all[i].value), 1 + 1e-6);
      if (i > 0) {
        EXPECT_LT(all[i - 1].value, all[i].value);
      }
    }
    const Labels written = labels(axis);
    EXPECT_EQ(std::set<std::string>(written.begin(), written.end()).size(), written.size());
  }
}

}  // namespace
}  // namespace castalia_cli::report
