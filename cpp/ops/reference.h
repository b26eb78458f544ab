// References: every operator once more, as plain loops in double. Kernels are tested against them,
// and where no kernel takes a request they compute it.
#ifndef CASTALIA_CPP_OPS_REFERENCE_H_
#define CASTALIA_CPP_OPS_REFERENCE_H_

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/broadcast.h"
#include "cpp/graph/attributes.h"
#include "cpp/graph/operator.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

// A tensor of any type, its elements as doubles: exact but for int64 beyond 2^53.
struct Tensor {
  Shape shape;
  std::vector<double> data;  // row-major

  Tensor() = default;
  explicit Tensor(const Shape& shape) : shape(shape), data(static_cast<size_t>(shape.count())) {}
  Tensor(const Shape& shape, std::vector<double> data) : shape(shape), data(std::move(data)) {}

  double& operator[](int64_t i) { return data[static_cast<size_t>(i)]; }
  double operator[](int64_t i) const { return data[static_cast<size_t>(i)]; }
};

using Reference = std::vector<Tensor> (*)(const Attributes&, std::span<const Tensor>);

// The function in the folder's reference.cc; null where there is none. Generated.
Reference find_reference(const std::string& operator_name);

// True for operators with a scalar function or a reference.cc. The others are composite.
bool has_reference(const Operator& op);

// The outputs of the operator for inputs that its shape rule takes. An Error (internal) without a
// reference.
std::vector<Tensor> reference(const Operator& op, const Attributes& attributes,
                              std::span<const Tensor> inputs);

// A shape cut at an axis: element (o, i, k) is number (o * extent + i) * inner + k.
struct AxisSplit {
  AxisSplit(const Shape& shape, int64_t axis)
      : outer(shape.count(0, static_cast<int>(axis))),
        extent(shape[static_cast<int>(axis)]),
        inner(shape.count(static_cast<int>(axis) + 1, shape.rank())) {}

  int64_t outer;
  int64_t extent;
  int64_t inner;
};

// Calls visit(offset) for each element of the shape in row-major order, offset being where these
// strides lead.
template <typename Visit>
void for_each_offset(const Shape& shape, const std::array<int64_t, Shape::kMaxRank>& strides,
                     Visit visit) {
  std::array<int64_t, Shape::kMaxRank> index{};
  const int64_t count = shape.count();
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    visit(offset);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_REFERENCE_H_
