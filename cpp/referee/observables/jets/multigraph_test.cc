#include "cpp/referee/observables/jets/multigraph.h"

#include <gtest/gtest.h>

namespace castalia::referee {
namespace {

// The numbers of connected loopless multigraphs by edges, and of all without isolated vertices
// (OEIS A076864 and A050535).
TEST(Multigraph, CountsAreThoseOfTheCatalogues) {
  const std::vector<int> connected = {1, 1, 2, 5, 12, 33}, all = {1, 1, 3, 8, 23, 66};
  int connected_so_far = 0, all_so_far = 0;
  for (int degree = 0; degree <= 5; ++degree) {
    connected_so_far += connected[degree];
    all_so_far += all[degree];
    const std::vector<Multigraph> graphs = connected_multigraphs(degree);
    EXPECT_EQ(static_cast<int>(graphs.size()), connected_so_far);
    EXPECT_EQ(static_cast<int>(graphs.size() + disconnected_multigraphs(graphs, degree).size()),
              all_so_far);
  }
}

TEST(Multigraph, CanonicalFormForgetsTheNumbersOfVertices) {
  const Multigraph one{4, {{0, 1}, {0, 1}, {1, 2}, {2, 3}}};
  const Multigraph other{4, {{3, 2}, {2, 0}, {0, 1}, {3, 2}}};
  EXPECT_EQ(canonical(one), canonical(other));
  const Multigraph middle{4, {{0, 1}, {1, 2}, {1, 2}, {2, 3}}};
  EXPECT_NE(canonical(one), canonical(middle));
  EXPECT_EQ(text_of(canonical({3, {{2, 1}, {1, 0}}})), "01_02");
  EXPECT_EQ(text_of(Multigraph{}), "0");
}

}  // namespace
}  // namespace castalia::referee
