// What forward and reverse mode share.
#ifndef CASTALIA_CPP_AUTODIFF_DIFFERENTIATE_H_
#define CASTALIA_CPP_AUTODIFF_DIFFERENTIATE_H_

#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

Value zeros(Graph& graph, const TensorType& type);
// Zeros of the type of `like` for each value that is null.
std::vector<Value> zeros_where_null(std::vector<Value> values, std::span<const Value> like);

// What the cotangents of the outputs send to each source; null where nothing arrives. With
// stop_at_sources nothing flows past one: the sources are then the arguments of a function,
// whatever they were computed from.
std::vector<Value> backward(Graph& graph, std::span<const Value> outputs,
                            std::span<const Value> cotangents, std::span<const Value> sources,
                            bool stop_at_sources);

// The same with the sources as arguments, and what arrives at them one by one as it does, not added
// up: so that the caller can add it to what arrives from elsewhere in the order of an undivided
// pass, which gives the same bits.
struct Contribution {
  Value to;
  Value cotangent;
};
std::vector<Contribution> backward_apart(Graph& graph, std::span<const Value> outputs,
                                         std::span<const Value> cotangents,
                                         std::span<const Value> sources);

// A checkpoint is no operator with a gradient rule: its region is computed again, and cotangents
// flow back through it to all that it reads.
const Operator& checkpoint_operator();
std::vector<Contribution> differentiate_checkpoint(const GradientRequest& request);

// The gradient rule of an operator that has one, its results as large as the inputs.
std::vector<Value> apply_gradient_rule(const Operator& op, const GradientRequest& request);

// A value of its own for each argument of a function, so that f(x, x) has two derivatives.
std::vector<Value> distinct(std::span<const Value> arguments);

// The operators gradient(f) and tangent(f) keep attributes of their own beside those of f. Where
// they nest, each of them has its own: push() adds an innermost one, pop() takes the outermost off.
void push(Attributes& attributes, std::string name, Attribute value);
Attribute pop(Attributes& attributes, std::string name);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_DIFFERENTIATE_H_
