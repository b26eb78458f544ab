// One program for a group of element-wise operators.
#ifndef CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_
#define CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_

#include <span>
#include <string>
#include <vector>

#include "cpp/compile/schedule.h"
#include "cpp/runtime/cpu/fused.h"

namespace castalia {

struct ElementwiseStep {
  FusedProgram program;
  std::vector<View> operands;     // what the kernel reads, in its order
  std::vector<TensorType> types;  // of the operands, with the shapes that broadcast
  std::vector<bool> in_place;     // per operand: read at the index that is written, dense
  std::string label;              // the operators, in order
  double flops = 0;
};

// What computes the nodes, in their order, and writes `results`, which are among them. Scalar
// constants become part of it. With a head, a node whose kernel has just computed its only output,
// the nodes follow that: it is input 0 of the program, and not among `operands`; it may be among
// the results.
ElementwiseStep make_elementwise_step(const Graph& graph, std::span<const int> nodes,
                                      std::span<const Value> results, int head = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ELEMENTWISE_STEP_H_
