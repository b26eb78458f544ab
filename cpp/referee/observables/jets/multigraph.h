// Loopless multigraphs: each is one energy-flow polynomial.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_MULTIGRAPH_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_MULTIGRAPH_H_

#include <compare>
#include <string>
#include <utility>
#include <vector>

namespace castalia::referee {

struct Multigraph {
  int vertices = 1;
  std::vector<std::pair<int, int>> edges = {};  // an edge twice is a double edge

  auto operator<=>(const Multigraph&) const = default;
};

// The same graph with its vertices numbered so that the sorted list of edges is the least in
// lexicographic order: isomorphic graphs become equal. Tries all orders: for up to 6 vertices.
Multigraph canonical(const Multigraph& graph);

// "01_01_02": the edges of a connected graph, in order; "0" for the single vertex.
std::string text_of(const Multigraph& graph);

// All connected multigraphs with at most `degree` edges, canonical, each once: by number of edges,
// then of vertices, then by their edges. 1, 1, 2, 5, 12, 33 graphs of 0, 1, 2, ... edges.
std::vector<Multigraph> connected_multigraphs(int degree);

// All multigraphs without isolated vertices of at most `degree` edges that are not connected, as
// the numbers of their connected parts in the list above, not decreasing: by number of edges.
std::vector<std::vector<int>> disconnected_multigraphs(const std::vector<Multigraph>& connected,
                                                       int degree);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_MULTIGRAPH_H_
