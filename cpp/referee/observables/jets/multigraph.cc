#include "cpp/referee/observables/jets/multigraph.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace castalia::referee {

Multigraph canonical(const Multigraph& graph) {
  std::vector<int> number(graph.vertices);
  std::iota(number.begin(), number.end(), 0);
  Multigraph least, candidate{graph.vertices, graph.edges};
  do {
    for (size_t i = 0; i < graph.edges.size(); ++i) {
      candidate.edges[i] = std::minmax(number[graph.edges[i].first], number[graph.edges[i].second]);
    }
    std::sort(candidate.edges.begin(), candidate.edges.end());
    if (least.edges.empty() || candidate.edges < least.edges) least = candidate;
  } while (std::next_permutation(number.begin(), number.end()));
  return least;
}

std::string text_of(const Multigraph& graph) {
  if (graph.edges.empty()) return "0";
  std::string out;
  for (const auto& [a, b] : graph.edges) {
    out += (out.empty() ? "" : "_") + std::to_string(a) + std::to_string(b);
  }
  return out;
}

std::vector<Multigraph> connected_multigraphs(int degree) {
  std::vector<Multigraph> all = {Multigraph{}};
  std::set<Multigraph> last = {Multigraph{}};
  // A connected graph has an edge without which it stays connected (one of a cycle), or that leaves
  // behind a single vertex (a leaf's): each comes from one of fewer edges.
  for (int edges = 1; edges <= degree; ++edges) {
    std::set<Multigraph> next;
    for (const Multigraph& graph : last) {
      for (int a = 0; a < graph.vertices; ++a) {
        for (int b = a + 1; b <= graph.vertices; ++b) {
          Multigraph larger = graph;
          larger.vertices = std::max(graph.vertices, b + 1);
          larger.edges.emplace_back(a, b);
          next.insert(canonical(larger));
        }
      }
    }
    all.insert(all.end(), next.begin(), next.end());
    last = std::move(next);
  }
  return all;
}

std::vector<std::vector<int>> disconnected_multigraphs(const std::vector<Multigraph>& connected,
                                                       int degree) {
  std::vector<std::vector<int>> out;
  std::vector<int> parts;
  const std::function<void(int, int)> extend = [&](int least, int edges) {
    if (edges == 0 && parts.size() > 1) out.push_back(parts);
    for (int i = least; i < static_cast<int>(connected.size()); ++i) {
      const int own = static_cast<int>(connected[i].edges.size());
      if (own > edges) return;  // the list is in the order of their number
      parts.push_back(i);
      extend(i, edges - own);
      parts.pop_back();
    }
  };
  for (int edges = 2; edges <= degree; ++edges) extend(1, edges);  // 0 is the single vertex
  return out;
}

}  // namespace castalia::referee
