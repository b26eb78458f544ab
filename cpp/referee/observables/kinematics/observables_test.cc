// The set "kinematics" and its four-vectors.
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "cpp/referee/observables/kinematics/four_vector.h"
#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

constexpr double kPi = std::numbers::pi;

double value(const ObservableTable& table, const std::string& name, int64_t row = 0) {
  return table.row(row)[table.column(name)];
}

TEST(Kinematics, AgreesWithThePackageVector) {
  const nlohmann::json golden = read_golden("kinematics.json");
  std::vector<double> x;
  for (const std::vector<double>& event :
       golden["events"].get<std::vector<std::vector<double>>>()) {
    x.insert(x.end(), event.begin(), event.end());
  }
  const auto rows = static_cast<int64_t>(golden["events"].size());
  const nlohmann::json fields = {{"particles", golden["particles"]}};
  const ObservableTable table =
      compute_for_test("kinematics", make_dataset(rows, x), fields.dump()).table;
  EXPECT_EQ(table.width(), static_cast<int64_t>(golden["observables"].size()));
  for (const auto& [name, values] : golden["observables"].items()) {
    for (int64_t i = 0; i < rows; ++i) {
      // Their mass is the root of a difference of squares: of muons of float32 momenta, no digit of
      // it is sure, so the square is compared, as a share of the energy's.
      if (name.ends_with("_mass")) {
        const double mass = value(table, name, i), other = values[i];
        const double energy = 1e3;
        EXPECT_NEAR(mass * std::abs(mass), other * std::abs(other), 1e-9 * energy) << name;
      } else {
        EXPECT_NEAR(value(table, name, i), values[i], 1e-9 * (1 + std::abs(double(values[i]))))
            << name << " of " << i;
      }
    }
  }
}

// A particle of given mass, transverse momentum, rapidity and azimuth.
FourVector particle(double mass, double pt, double y, double phi) {
  const double mt = std::hypot(mass, pt);
  return {mt * std::cosh(y), pt * std::cos(phi), pt * std::sin(phi), mt * std::sinh(y)};
}

TEST(FourVector, GivesBackWhatItWasMadeOf) {
  const FourVector p = particle(3, 20, -1.5, 2.5);
  EXPECT_NEAR(invariant_mass(p), 3, 1e-12);
  EXPECT_NEAR(transverse_momentum(p), 20, 1e-13);
  EXPECT_NEAR(rapidity(p), -1.5, 1e-14);
  EXPECT_NEAR(azimuth(p), 2.5, 1e-15);
  EXPECT_NEAR(pseudorapidity(particle(0, 20, -1.5, 1)), -1.5, 1e-14);
}

TEST(FourVector, StaysFiniteAtTheEdges) {
  for (const FourVector& p : {FourVector{}, FourVector{5, 0, 0, 5}, FourVector{5, 0, 0, -5},
                              FourVector{3, 4, 0, 0}, FourVector{1e100, 1e100, 0, -1e100}}) {
    for (const double each :
         {transverse_momentum(p), azimuth(p), pseudorapidity(p), rapidity(p), invariant_mass(p)}) {
      EXPECT_TRUE(std::isfinite(each));
    }
  }
  EXPECT_EQ(pseudorapidity({}), 0);
  EXPECT_NEAR(pseudorapidity({5, 0, 0, 5}), std::asinh(1 / kLeastAngle), 1e-12);
  EXPECT_NEAR(rapidity({5, 0, 0, -5}), -std::asinh(1 / kLeastAngle), 1e-12);
  // Space-like: the negative root.
  EXPECT_NEAR(invariant_mass({3, 5, 0, 0}), -4, 1e-15);
}

TEST(FourVector, MeasuresTurns) {
  EXPECT_NEAR(turn(0.5, 0.2), 2 * kPi - 0.3, 1e-15);
  EXPECT_NEAR(azimuth_between(3, -3), 2 * kPi - 6, 1e-15);
  EXPECT_NEAR(azimuth_between(-3, 3), 6 - 2 * kPi, 1e-15);
  EXPECT_EQ(turn(1, 1 - 1e-17), 0);
  EXPECT_LT(turn(1e-17, 0), 2 * kPi);
}

TEST(CollinsSoper, OfAPairAtRest) {
  // Without a boost the frame is the laboratory's, its x axis that of the detector.
  const double theta = 0.7, phi = 0.4;
  const FourVector a = {1, std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi),
                        std::cos(theta)};
  const FrameAngles found = collins_soper(a, {1, -a.px, -a.py, -a.pz});
  EXPECT_NEAR(found.cos_theta, std::cos(theta), 1e-15);
  EXPECT_NEAR(found.phi, phi, 1e-15);
}

TEST(CollinsSoper, DoesNotChangeUnderABoostAlongTheBeamsOrATurnAboutThem) {
  const FourVector a = particle(0.1, 30, 0.5, 1), b = particle(0.2, 45, -0.3, -2.2);
  const FourVector c = particle(0.1, 30, 2.5, 2), d = particle(0.2, 45, 1.7, -1.2);
  const FrameAngles one = collins_soper(a, b), other = collins_soper(c, d);
  EXPECT_NEAR(one.cos_theta, other.cos_theta, 1e-13);
  EXPECT_NEAR(one.phi, other.phi, 1e-13);
  // The other particle is opposite.
  const FrameAngles second = collins_soper(b, a);
  EXPECT_NEAR(second.cos_theta, -one.cos_theta, 1e-13);
  EXPECT_NEAR(std::abs(second.phi - one.phi), kPi, 1e-13);
  EXPECT_EQ(collins_soper({}, {}).cos_theta, 0);
}

TEST(Kinematics, ConservesMomentum) {
  // Two massless particles back to back with a third: the total is at rest.
  const ObservableTable table =
      compute_for_test("kinematics", make_dataset(1, {5, 3, 4, 0, 5, 3, -4, 0, 6, -6, 0, 0})).table;
  EXPECT_NEAR(value(table, "total_mass"), 16, 1e-14);
  EXPECT_NEAR(value(table, "total_pt"), 0, 1e-14);
  EXPECT_NEAR(value(table, "p0_p1_mass"), 8, 1e-14);
  EXPECT_NEAR(value(table, "p0_p1_pt"), 6, 1e-14);
  EXPECT_NEAR(value(table, "p0_p1_delta_phi_p2"), kPi, 1e-15);
  EXPECT_NEAR(value(table, "p0_p1_delta_phi"), 2 * kPi - 2 * std::atan2(4, 3), 1e-14);
  EXPECT_NEAR(value(table, "p0_p1_delta_r"), 2 * std::atan2(4, 3), 1e-14);
}

TEST(Kinematics, RefusesBadInput) {
  const auto compute = [](int64_t columns, const std::string& fields) {
    return compute_for_test("kinematics", make_dataset(1, std::vector<double>(columns)), fields);
  };
  expect_error(Code::shape_mismatch, {"10 columns"}, [&] { compute(10, ""); });
  expect_error(Code::shape_mismatch, {"names 2", "have 3"},
               [&] { compute(12, R"({"particles": ["a", "b"]})"); });
  expect_error(Code::invalid_argument, {"'a' twice"},
               [&] { compute(8, R"({"particles": ["a", "a"]})"); });
  expect_error(Code::out_of_range, {"17 particles", "16"}, [&] { compute(68, ""); });
}

TEST(Kinematics, HasTheSameBitsForAnyNumberOfThreads) {
  std::vector<double> x;
  for (int i = 0; i < 900; ++i) x.push_back(random_normal(i, 9));
  expect_same_bits("kinematics", make_dataset(75, x), "");
}

}  // namespace
}  // namespace castalia::referee
