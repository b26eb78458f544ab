// A part of a graph between some values: what checkpoints and gradients of the user's own copy.
#ifndef CASTALIA_CPP_AUTODIFF_REGION_H_
#define CASTALIA_CPP_AUTODIFF_REGION_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// The nodes that the results are computed by from the given values. What does not depend on any of
// them (parameters, constants) is outside.
class Region {
 public:
  Region(Graph& graph, std::span<const Value> given, std::span<const Value> results);

  // The values outside, other than the given ones, that the region reads, each once.
  const std::vector<Value>& captured() const { return captured_; }

  // The results once more, with other values in the place of the given ones.
  std::vector<Value> copy(std::span<const Value> in_place_of_given) const;

 private:
  Graph& graph_;
  std::vector<Value> given_;
  std::vector<Value> results_;
  std::vector<int> nodes_;  // in order
  std::vector<Value> captured_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_REGION_H_
