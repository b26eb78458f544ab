// A part of a graph between some values: what checkpoints and gradients of the user's own copy.
#ifndef CASTALIA_CPP_AUTODIFF_REGION_H_
#define CASTALIA_CPP_AUTODIFF_REGION_H_

#include <memory>
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

  // The region as a graph of its own.
  struct Apart {
    std::shared_ptr<const Graph> graph;
    std::vector<Value> captured;  // the values outside that its states "captured 0", ... stand for
  };
  // Its inputs are named "given 0", "given 1", ..., its outputs "result 0", ... Each reader of a
  // captured value has a state of its own, since kernels may want it in different forms; what
  // follows from constants alone is copied.
  Apart apart() const;

 private:
  Graph& graph_;
  std::vector<Value> given_;
  std::vector<Value> results_;
  std::vector<int> nodes_;  // in order
  std::vector<Value> captured_;
};

// The outputs of a graph that is a function of its inputs and states, in another graph, with a
// value in the place of each of them. Nothing is assigned.
std::vector<Value> inlined(const Graph& function, Graph& into, std::span<const Value> inputs,
                           std::span<const Value> states);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_REGION_H_
