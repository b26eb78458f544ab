// One kernel for a group of element-wise operators.
#ifndef CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_
#define CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/compile/schedule.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

struct ElementwiseStep {
  std::unique_ptr<Kernel> kernel;
  std::vector<View> operands;   // what the kernel reads, in its order
  std::vector<bool> in_place;   // per operand: read at the index that is written, dense
  std::string label;            // the operators, in order
  double flops = 0;
};

// The kernel that computes the nodes, in their order, and writes `results`, which are among them.
// Scalar constants become part of it.
ElementwiseStep make_elementwise_step(const Graph& graph, std::span<const int> nodes,
                                      std::span<const Value> results);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_
