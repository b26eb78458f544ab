#include "cpp/referee/observables/jets/energy_flow.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

struct Particles {
  std::vector<double> z, eta, phi;
};

Particles random_particles(int count, uint64_t event) {
  Particles out;
  for (int i = 0; i < count; ++i) {
    out.z.push_back(random_uniform(event, 3 * i));
    out.eta.push_back(random_normal(event, 3 * i + 1));
    out.phi.push_back(random_normal(event, 3 * i + 2));
  }
  return out;
}

std::vector<double> compute(const EnergyFlow& flow, const Particles& p) {
  EnergyFlow::Scratch scratch;
  std::vector<double> out(flow.graphs());
  flow.compute(p.z, p.eta, p.phi, out.data(), scratch);
  return out;
}

// The sum over all assignments of particles to vertices.
double by_definition(const Multigraph& graph, const Particles& p, double beta) {
  const auto n = static_cast<int64_t>(p.z.size());
  int64_t terms = 1;
  for (int v = 0; v < graph.vertices; ++v) terms *= n;
  double sum = 0;
  for (int64_t term = 0; term < terms; ++term) {
    std::vector<int64_t> at(graph.vertices);
    double product = 1;
    int64_t rest = term;
    for (int64_t& particle : at) {
      particle = rest % n;
      rest /= n;
      product *= p.z[particle];
    }
    for (const auto& [a, b] : graph.edges) {
      const double d_eta = p.eta[at[a]] - p.eta[at[b]];
      const double d_phi = std::remainder(p.phi[at[a]] - p.phi[at[b]], 2 * std::numbers::pi);
      product *= std::pow(d_eta * d_eta + d_phi * d_phi, beta / 2);
    }
    sum += product;
  }
  return sum;
}

TEST(EnergyFlow, IsTheSumOfItsDefinition) {
  const std::vector<Multigraph> graphs = connected_multigraphs(EnergyFlow::kMostEdges);
  for (const double beta : {1.0, 2.0, 0.7}) {
    const EnergyFlow flow(graphs, beta);
    const Particles particles = random_particles(4, 1);
    const std::vector<double> found = compute(flow, particles);
    for (size_t g = 0; g < graphs.size(); ++g) {
      const double expected = by_definition(graphs[g], particles, beta);
      EXPECT_NEAR(found[g], expected, 1e-13 * expected) << text_of(graphs[g]) << " beta " << beta;
    }
  }
}

// n particles, each of z = 1/n, all at the same distance d from each other, are impossible in the
// plane for n > 3; two are enough for closed forms: a graph of V vertices and E edges counts its
// proper colourings with two colours.
TEST(EnergyFlow, TwoParticlesCountColourings) {
  const std::vector<Multigraph> graphs = connected_multigraphs(4);
  const double d = 0.3;
  const std::vector<double> found =
      compute(EnergyFlow(graphs, 1), {{0.5, 0.5}, {0.1, 0.1}, {-0.2, -0.2 + d}});
  for (size_t g = 0; g < graphs.size(); ++g) {
    int colourings = 0;
    for (int colours = 0; colours < 1 << graphs[g].vertices; ++colours) {
      bool proper = true;
      for (const auto& [a, b] : graphs[g].edges) proper &= ((colours >> a ^ colours >> b) & 1) == 1;
      colourings += proper ? 1 : 0;
    }
    const double expected = colourings * std::pow(0.5, graphs[g].vertices) *
                            std::pow(d, static_cast<double>(graphs[g].edges.size()));
    EXPECT_NEAR(found[g], expected, 1e-15) << text_of(graphs[g]);
  }
}

TEST(EnergyFlow, DoesNotDependOnRotationOrderSplittingOrEmptyParticles) {
  const EnergyFlow flow(connected_multigraphs(EnergyFlow::kMostEdges), 1);
  Particles p = random_particles(13, 2);
  // No two particles more than pi apart, however they are turned.
  for (double& each : p.eta) each *= 0.3;
  for (double& each : p.phi) each *= 0.3;
  const std::vector<double> expected = compute(flow, p);
  const auto expect_equal = [&](const Particles& other, const char* what) {
    const std::vector<double> found = compute(flow, other);
    for (size_t g = 0; g < found.size(); ++g) {
      EXPECT_NEAR(found[g], expected[g], 1e-12 * expected[g]) << what << " " << g;
    }
  };
  Particles turned = p;
  const double angle = 0.8;
  for (size_t i = 0; i < p.z.size(); ++i) {
    turned.eta[i] = std::cos(angle) * p.eta[i] - std::sin(angle) * p.phi[i] + 5;
    turned.phi[i] = std::sin(angle) * p.eta[i] + std::cos(angle) * p.phi[i];
  }
  expect_equal(turned, "turned");
  Particles reversed = p;
  for (auto* each : {&reversed.z, &reversed.eta, &reversed.phi}) {
    std::reverse(each->begin(), each->end());
  }
  expect_equal(reversed, "reversed");
  // Collinear safety: a particle and its two halves.
  Particles split = p;
  split.z[3] /= 2;
  split.z.push_back(split.z[3]);
  split.eta.push_back(split.eta[3]);
  split.phi.push_back(split.phi[3]);
  expect_equal(split, "split");
  // Infrared safety: particles without energy.
  Particles soft = p;
  for (int i = 0; i < 6; ++i) {
    soft.z.push_back(0);
    soft.eta.push_back(i);
    soft.phi.push_back(0);
  }
  expect_equal(soft, "soft");
}

TEST(EnergyFlow, HasTheSameBitsAfterALargerJet) {
  const EnergyFlow flow(connected_multigraphs(4), 1);
  const Particles small = random_particles(9, 3);
  const std::vector<double> expected = compute(flow, small);
  EnergyFlow::Scratch scratch;
  std::vector<double> out(flow.graphs());
  for (const int count : {70, 9}) {
    const Particles p = count == 9 ? small : random_particles(count, 4);
    flow.compute(p.z, p.eta, p.phi, out.data(), scratch);
  }
  EXPECT_EQ(out, expected);
  flow.compute({}, {}, {}, out.data(), scratch);
  EXPECT_EQ(out, std::vector<double>(out.size(), 0.0));
}

}  // namespace
}  // namespace castalia::referee
