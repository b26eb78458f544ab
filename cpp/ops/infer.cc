#include "cpp/ops/infer.h"

#include <algorithm>

#include "cpp/base/status.h"

namespace castalia {

void expect_operands(std::span<const TensorType> inputs, int count) {
  check(static_cast<int>(inputs.size()) == count, "takes ", count, " operands, not ",
        inputs.size());
}

void expect_floating(const TensorType& type) {
  if (!is_floating(type.dtype)) {
    fail(Code::dtype_mismatch, "takes float32 or float64, not ", type);
  }
}

void expect_same_dtype(const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype) {
    fail(Code::dtype_mismatch, "takes operands of one type, not ", a, " and ", b);
  }
}

void expect_rank_at_least(const TensorType& type, int rank) {
  if (type.shape.rank() < rank) {
    fail(Code::shape_mismatch, "takes at least ", rank, " axes, not ", type);
  }
}

std::vector<TensorType> infer_unary(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  return {inputs[0]};
}

int resolve_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    fail(Code::out_of_range, "axis ", axis, " of a tensor with ", rank, " axes");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int64_t> resolve_axes(std::vector<int64_t> axes, int rank) {
  for (int64_t& axis : axes) axis = resolve_axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  const auto twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end()) fail(Code::out_of_range, "axis ", *twice, " stands twice");
  return axes;
}

Shape reduced_shape(const Shape& shape, std::span<const int64_t> axes, bool keep) {
  Shape out;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (!reduced) out.push_back(shape[axis]);
    if (reduced && keep) out.push_back(1);
  }
  return out;
}

Attributes reduce_axis_attributes(const Shape& shape, int64_t axis, bool keep) {
  return {{"axis", static_cast<int64_t>(resolve_axis(axis, shape.rank()))},
          {"keep", static_cast<int64_t>(keep)}};
}

std::vector<TensorType> infer_reduce_axis(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const Shape& shape = inputs[0].shape;
  const int64_t axis = resolve_axis(attributes.integer("axis"), shape.rank());
  if (shape[static_cast<int>(axis)] == 0) {
    fail(Code::shape_mismatch, "no elements along axis ", axis, " of ", inputs[0]);
  }
  return {{inputs[0].dtype, reduced_shape(shape, {&axis, 1}, attributes.integer("keep") != 0)}};
}

DType dtype_attribute(const Attributes& attributes, const std::string& name) {
  const int64_t number = attributes.integer(name);
  check(number >= 1 && number <= 4, "attribute '", name, "' is no element type: ", number);
  return static_cast<DType>(number);
}

std::vector<int64_t> extents_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace castalia
