// Checks that shape rules share. Graph::apply puts the operator's name and place before a message.
#ifndef CASTALIA_CPP_OPS_INFER_H_
#define CASTALIA_CPP_OPS_INFER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

void expect_operands(std::span<const TensorType> inputs, int count);
void expect_floating(const TensorType& type);
void expect_same_dtype(const TensorType& a, const TensorType& b);
void expect_rank_at_least(const TensorType& type, int rank);

// The shape rule of operators with one floating operand and a result of its type.
std::vector<TensorType> infer_unary(std::span<const TensorType> inputs,
                                    const Attributes& attributes);

// Turns axes counted from the end (-1 is the last) into axes from the start; out_of_range
// otherwise.
int resolve_axis(int64_t axis, int rank);
// The same for several, sorted; out_of_range when one stands twice.
std::vector<int64_t> resolve_axes(std::vector<int64_t> axes, int rank);

// The shape left by a reduction over sorted axes: extents of 1, or nothing, in their place.
Shape reduced_shape(const Shape& shape, std::span<const int64_t> axes, bool keep);

// Reductions of one axis that is not empty: their attributes "axis" and "keep", and their shape
// rule.
Attributes reduce_axis_attributes(const Shape& shape, int64_t axis, bool keep);
std::vector<TensorType> infer_reduce_axis(std::span<const TensorType> inputs,
                                          const Attributes& attributes);

// Element types are stored as attributes by their number.
DType dtype_attribute(const Attributes& attributes, const std::string& name);

std::vector<int64_t> extents_of(const Shape& shape);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INFER_H_
