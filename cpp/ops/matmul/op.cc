#include "cpp/ops/matmul/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

Shape matmul_leading_axes(const Shape& shape) {
  return Shape(std::span<const int64_t>(shape.begin(), static_cast<size_t>(shape.rank() - 2)));
}

std::vector<TensorType> infer_matmul(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  if (a.rank() < 2 || b.rank() < 2) {
    fail(Code::shape_mismatch, "takes matrices, not ", inputs[0], " and ", inputs[1]);
  }
  const int transpose_a = attributes.integer("transpose_a") != 0;
  const int transpose_b = attributes.integer("transpose_b") != 0;
  const int last_a = a.rank() - 1;
  const int last_b = b.rank() - 1;
  if (a[last_a - transpose_a] != b[last_b - 1 + transpose_b]) {
    fail(Code::shape_mismatch, "inner extents of ", inputs[0], transpose_a ? " transposed" : "",
         " and ", inputs[1], transpose_b ? " transposed" : "", " differ");
  }
  Shape out;
  try {
    out = broadcast(matmul_leading_axes(a), matmul_leading_axes(b));
  } catch (const Error&) {
    fail(Code::shape_mismatch, "leading axes of ", inputs[0], " and ", inputs[1],
         " do not broadcast");
  }
  out.push_back(a[last_a - 1 + transpose_a]);
  out.push_back(b[last_b - transpose_b]);
  out.count();  // an Error where it overflows
  return {{inputs[0].dtype, out}};
}

// Undoes the broadcasting of leading axes.
Value sum_matmul_leading(Value gradient, const Shape& shape) {
  if (gradient.shape() == shape) return gradient;
  const int extra = gradient.shape().rank() - shape.rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis < gradient.shape().rank() - 2; ++axis) {
    const bool repeated = axis < extra || (shape[axis - extra] == 1 && gradient.shape()[axis] != 1);
    if (repeated) axes.push_back(axis);
  }
  return reshape(sum(gradient, axes), shape);
}

std::vector<Value> differentiate_matmul(const GradientRequest& r) {
  const bool transpose_a = r.attributes.integer("transpose_a") != 0;
  const bool transpose_b = r.attributes.integer("transpose_b") != 0;
  const Value a = r.inputs[0];
  const Value b = r.inputs[1];
  const Value g = r.gradients[0];
  // With A and B as they enter the product: dA = g B^T, dB = A^T g; the transpose of either where
  // the operand itself came transposed.
  const Value da =
      transpose_a ? matmul(b, g, transpose_b, true) : matmul(g, b, false, !transpose_b);
  const Value db =
      transpose_b ? matmul(g, a, true, transpose_a) : matmul(a, g, !transpose_a, false);
  return {sum_matmul_leading(da, a.shape()), sum_matmul_leading(db, b.shape())};
}

}  // namespace

const Operator& matmul_operator() {
  static const Operator op{
      .name = "matmul", .infer = infer_matmul, .gradient = differentiate_matmul};
  return op;
}

Value matmul(Value a, Value b, bool transpose_a, bool transpose_b) {
  // Rows of many matrices times one matrix are one long product, and so are its gradients.
  const int rank = a.shape().rank();
  if (rank > 2 && b.shape().rank() == 2 && !transpose_a && a.shape().count() > 0) {
    const Value rows = reshape(a, Shape{a.shape().count(0, rank - 1), a.columns()});
    Shape shape = a.shape();
    const Value product = matmul(rows, b, false, transpose_b);
    shape[rank - 1] = product.columns();
    return reshape(product, shape);
  }
  return a.graph().apply(matmul_operator(), {a, b},
                         {{"transpose_a", static_cast<int64_t>(transpose_a)},
                          {"transpose_b", static_cast<int64_t>(transpose_b)}})[0];
}

}  // namespace castalia
