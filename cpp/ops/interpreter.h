// Evaluates a graph node by node with the references, in double: what compiled Programs, gradients
// and kernels are tested against.
#ifndef CASTALIA_CPP_OPS_INTERPRETER_H_
#define CASTALIA_CPP_OPS_INTERPRETER_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/ops/reference.h"

namespace castalia {

// Inputs and states by their names.
using Sources = std::map<std::string, Tensor>;

// The values, which belong to one graph. Composite operators without a reference are evaluated by
// their definition. An Error (internal) when a source is missing or of another shape.
std::vector<Tensor> interpret(std::span<const Value> values, const Sources& sources);

// The outputs of an operator for tensors of these types: by its reference, or else by its
// definition.
std::vector<Tensor> interpret(const Operator& op, const Attributes& attributes,
                              std::span<const TensorType> types, std::span<const Tensor> inputs);
// The same by its definition alone.
std::vector<Tensor> interpret_definition(const Operator& op, const Attributes& attributes,
                                         std::span<const TensorType> types,
                                         std::span<const Tensor> inputs);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INTERPRETER_H_
