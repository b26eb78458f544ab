#include "cpp/nn/point_cloud.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/evaluate_for_test.h"

namespace castalia {
namespace {

constexpr int64_t kParticles = 5;
constexpr int64_t kFeatures = 4;
constexpr int64_t kGlobal = 3;

std::vector<double> normals(uint64_t which, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(Stream{7, which, 1, 0}, values);
  return values;
}

// The particles, and then the global features, that a layer makes of these.
std::vector<double> epic(const std::vector<double>& particles, const std::vector<double>& global,
                         const std::vector<double>& mask) {
  return evaluate_layer(
      {{"particles", {1, kParticles, kFeatures}, particles},
       {"global", {1, kGlobal}, global},
       {"mask", {1, kParticles, 1}, mask}},
      [](Trace& trace, const std::vector<Value>& in) {
        const Cloud out = epic_layer(trace, "epic", {in[0], in[1], in[2]}, {.hidden = 8});
        return std::vector<Value>{out.particles, out.global};
      });
}

TEST(EpicLayer, CarriesParticlesAlongInAnyOrder) {
  const std::vector<double> particles = normals(0, kParticles * kFeatures);
  const std::vector<double> global = normals(1, kGlobal);
  const std::vector<double> mask(kParticles, 1.0);
  const std::vector<double> straight = epic(particles, global, mask);
  std::vector<double> turned = particles;
  std::rotate(turned.begin(), turned.begin() + kFeatures, turned.end());
  std::vector<double> expected = straight;
  std::rotate(expected.begin(), expected.begin() + kFeatures,
              expected.begin() + kParticles * kFeatures);
  const std::vector<double> found = epic(turned, global, mask);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
  EXPECT_NE(straight, found);
}

TEST(EpicLayer, DoesNotSeePlacesWithoutAParticle) {
  std::vector<double> particles = normals(0, kParticles * kFeatures);
  const std::vector<double> global = normals(1, kGlobal);
  const std::vector<double> mask = {1, 1, 1, 0, 0};
  const std::vector<double> before = epic(particles, global, mask);
  for (size_t i = 3 * kFeatures; i < particles.size(); ++i) particles[i] = 100;
  EXPECT_EQ(epic(particles, global, mask), before);
  for (size_t i = 3 * kFeatures; i < kParticles * kFeatures; ++i) EXPECT_EQ(before[i], 0);
  EXPECT_NE(before[0], 0);
}

TEST(Pooled, IsTheMeanAndTheScaledSum) {
  const std::vector<double> particles = {1, 2, 3, 5, 100, 100};
  const auto pool = [&](const std::vector<double>& mask) {
    return evaluate_layer({{"particles", {1, 3, 2}, particles}, {"mask", {1, 3, 1}, mask}},
                          [](Trace&, const std::vector<Value>& in) {
                            return std::vector<Value>{pooled({in[0], Value(), in[1]}, 0.5)};
                          });
  };
  EXPECT_EQ(pool({1, 1, 0}), (std::vector<double>{2, 3.5, 2, 3.5}));
  EXPECT_EQ(pool({0, 0, 0}), (std::vector<double>{0, 0, 0, 0}));
  const std::vector<double> all = evaluate_layer(
      {{"particles", {1, 3, 2}, particles}}, [](Trace&, const std::vector<Value>& in) {
        return std::vector<Value>{pooled({in[0], Value(), Value()}, 1.0)};
      });
  EXPECT_NEAR(all[0], 104.0 / 3, 1e-12);
  EXPECT_EQ(all[2], 104);
}

TEST(EpicLayer, NamesShapesThatDoNotFit) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float64);
  const Value particles = graph.input("particles", {DType::float64, {2, 5, 4}});
  const Value global = graph.input("global", {DType::float64, {3, 3}});
  try {
    epic_layer(trace, "epic", {particles, global, Value()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[2, 5, 4]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[3, 3]"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace castalia
