#include "cpp/referee/observables/jets/subjets.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "cpp/referee/observables/observables_for_test.h"

namespace castalia::referee {
namespace {

Cloud random_cloud(int count, uint64_t event) {
  Cloud out;
  for (int i = 0; i < count; ++i) {
    out.pt.push_back(random_uniform(event, 3 * i));
    out.eta.push_back(0.3 * random_normal(event, 3 * i + 1));
    out.phi.push_back(0.3 * random_normal(event, 3 * i + 2));
  }
  return out;
}

// Clustering as it is defined: at each step all pairs are compared.
std::vector<SubjetAxis> axes_by_definition(const Cloud& jet, size_t count) {
  struct Momentum {
    double px, py, pz, energy;
    double rapidity() const { return 0.5 * std::log((energy + pz) / (energy - pz)); }
    double phi() const { return std::atan2(py, px); }
  };
  std::vector<Momentum> all;
  for (int64_t i = 0; i < jet.size(); ++i) {
    all.push_back({jet.pt[i] * std::cos(jet.phi[i]), jet.pt[i] * std::sin(jet.phi[i]),
                   jet.pt[i] * std::sinh(jet.eta[i]), jet.pt[i] * std::cosh(jet.eta[i])});
  }
  while (all.size() > count) {
    size_t a = 0, b = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < all.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const double pt2 = std::min(all[i].px * all[i].px + all[i].py * all[i].py,
                                    all[j].px * all[j].px + all[j].py * all[j].py);
        const double d = pt2 * squared_distance(all[i].rapidity(), all[i].phi(), all[j].rapidity(),
                                                all[j].phi());
        if (d < least) {
          least = d;
          a = j;
          b = i;
        }
      }
    }
    all[a] = {all[a].px + all[b].px, all[a].py + all[b].py, all[a].pz + all[b].pz,
              all[a].energy + all[b].energy};
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(b));
  }
  std::vector<SubjetAxis> out;
  for (const Momentum& p : all) out.push_back({p.rapidity(), p.phi()});
  return out;
}

void sort_by_rapidity(std::vector<SubjetAxis>& axes) {
  std::sort(axes.begin(), axes.end(),
            [](const SubjetAxis& a, const SubjetAxis& b) { return a.rapidity < b.rapidity; });
}

TEST(KtClustering, FindsTheAxesOfItsDefinition) {
  KtClustering clustering;
  for (const int count : {2, 5, 30, 61}) {
    const Cloud jet = random_cloud(count, count);
    clustering.cluster(jet, 4);
    EXPECT_EQ(clustering.particles(), count);
    for (int n = 1; n <= std::min(4, count); ++n) {
      std::vector<SubjetAxis> expected = axes_by_definition(jet, n);
      const auto span = clustering.axes(n);
      std::vector<SubjetAxis> found(span.begin(), span.end());
      sort_by_rapidity(expected);
      sort_by_rapidity(found);
      ASSERT_EQ(found.size(), expected.size());
      for (int i = 0; i < n; ++i) {
        EXPECT_NEAR(found[i].rapidity, expected[i].rapidity, 1e-12) << count << " to " << n;
        EXPECT_NEAR(found[i].phi, expected[i].phi, 1e-12);
      }
    }
  }
}

TEST(KtClustering, LeavesOutParticlesWithoutMomentum) {
  Cloud jet = random_cloud(4, 7);
  jet.pt[2] = 0;
  KtClustering clustering;
  clustering.cluster(jet, 4);
  EXPECT_EQ(clustering.particles(), 3);
  clustering.cluster(Cloud{}, 4);
  EXPECT_EQ(clustering.particles(), 0);
}

TEST(NSubjettiness, OfTwoProngs) {
  // About its own particles nothing is left; about the axis of the first, the second's distance.
  const Cloud jet{{0.0, 0.3}, {0.0, 0.4}, {3.0, 1.0}};
  const std::vector<SubjetAxis> both = {{0, 0}, {0.3, 0.4}}, first = {{0, 0}};
  EXPECT_EQ(n_subjettiness(jet, both, 1, 0.8), 0);
  EXPECT_NEAR(n_subjettiness(jet, first, 1, 0.8), 1.0 / 4 * 0.5 / 0.8, 1e-16);
  EXPECT_NEAR(n_subjettiness(jet, first, 2, 0.8), 1.0 / 4 * 0.25 / 0.64, 1e-16);
  EXPECT_NEAR(n_subjettiness(jet, first, 3, 0.8), 1.0 / 4 * 0.125 / 0.512, 1e-16);
  EXPECT_EQ(n_subjettiness(jet, {}, 1, 0.8), 0);
  EXPECT_EQ(n_subjettiness(Cloud{}, first, 1, 0.8), 0);
}

TEST(SquaredDistance, TakesAzimuthsModuloATurn) {
  EXPECT_NEAR(squared_distance(1, 3, 1, -3), std::pow(2 * M_PI - 6, 2), 1e-14);
  EXPECT_NEAR(squared_distance(0, 1, 2, 1 + 4 * M_PI), 4, 1e-14);
}

}  // namespace
}  // namespace castalia::referee
