// The operators of a graph in the operators of ONNX.
//
// Only basic ones are used, those that the runtimes of accelerators have too: arithmetic,
// comparisons, products of matrices, movements, sums. No search, no loop, no random numbers.
#ifndef CASTALIA_CPP_ONNX_OPERATORS_H_
#define CASTALIA_CPP_ONNX_OPERATORS_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/onnx/builder.h"

namespace castalia::onnx {

// A node to be written. Its extents are known up to the number of rows.
struct Emission {
  Builder& builder;
  const Node& node;
  std::vector<std::string> inputs;  // names, of the node's element types
  // The name of a whole-number tensor of rank 1 with these extents of the node's output, which may
  // depend on the number of rows. `may_infer`: one extent may be given as -1.
  std::function<std::string(bool may_infer)> output_extents;

  DType dtype() const { return node.outputs[0].dtype; }
  // A number of the type of the first operand, of shape [].
  std::string scalar(double value) const;
  std::string cast(const std::string& value, ElementType type) const;
};

// The name of the node's only output; empty when the operator has no form in ONNX.
std::string emit(const Emission& emission);

}  // namespace castalia::onnx

#endif  // CASTALIA_CPP_ONNX_OPERATORS_H_
