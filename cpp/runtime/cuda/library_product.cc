#include "cpp/runtime/cuda/library_product.h"

#include <vector>

namespace castalia::cuda {
namespace {

std::optional<LibraryArithmetic> arithmetic_of(const KernelRequest& request, std::string* refusal) {
  if (request.outputs[0].dtype == DType::float64) return LibraryArithmetic::float64;
  switch (request.products) {
    case Products::float32: return LibraryArithmetic::float32;
    case Products::tf32: return LibraryArithmetic::tf32;
    case Products::bfloat16: return LibraryArithmetic::bfloat16;
    case Products::bfloat16_emulated: break;
  }
  *refusal = "it does not round operands for products in float32";
  return {};
}

}  // namespace

std::optional<LibraryProduct> library_product(const KernelRequest& request, std::string* refusal) {
  const Shape& a = request.inputs[0].shape;
  const Shape& b = request.inputs[1].shape;
  const Shape& out = request.outputs[0].shape;
  const bool transpose_a = request.attributes.integer("transpose_a") != 0;
  const bool transpose_b = request.attributes.integer("transpose_b") != 0;
  const auto matrix = [](const Shape& shape, bool transposed) {
    return LibraryOperand{shape[shape.rank() - 2], shape.back(), transposed, 0};
  };
  const std::optional<LibraryArithmetic> arithmetic = arithmetic_of(request, refusal);
  if (!arithmetic) return {};
  LibraryProduct product{.m = out[out.rank() - 2],
                         .n = out.back(),
                         .k = transpose_a ? a[a.rank() - 2] : a.back(),
                         .products = out.count(0, out.rank() - 2),
                         .a = matrix(a, transpose_a),
                         .b = matrix(b, transpose_b),
                         .dtype = request.outputs[0].dtype,
                         .arithmetic = *arithmetic};
  if (out.count() == 0 || product.k == 0) {
    *refusal = "an empty product";
    return {};
  }
  const int64_t a_products = a.count(0, a.rank() - 2);
  const int64_t b_products = b.count(0, b.rank() - 2);
  if (b_products == 1 && a_products == product.products && !transpose_a) {
    // The rows of all products are the rows of one.
    product.m *= product.products;
    product.a.rows *= product.products;
    product.products = 1;
    return product;
  }
  const auto step = [&](int64_t products, LibraryOperand& operand) {
    if (products != 1 && products != product.products) return false;
    operand.stride = products == 1 ? 0 : operand.rows * operand.columns;
    return true;
  };
  if (!step(a_products, product.a) || !step(b_products, product.b)) {
    *refusal = "leading axes that are broadcast in part";
    return {};
  }
  return product;
}

std::optional<JoinableStep> joinable_product(const LibraryProduct& product,
                                             const FusedProgram& program) {
  const bool fits = product.products == 1 && !product.a.transposed && !product.b.transposed &&
                    (product.arithmetic == LibraryArithmetic::float32 ||
                     product.arithmetic == LibraryArithmetic::float64);
  if (!fits) return {};
  return JoinableStep::make({.is_product = true,
                             .rows = product.m,
                             .columns = product.n,
                             .depth = product.k,
                             .program = program});
}

std::optional<LibraryEpilogue> library_epilogue(const FusedProgram& program,
                                                const LibraryProduct& product) {
  const auto columns_only = [&](const FusedInput& input) {
    int64_t dense = 1;
    for (int axis = program.shape.rank(); axis-- > 0;) {
      const int64_t stride = input.strides[static_cast<size_t>(axis)];
      const bool inner = dense < product.n;
      if (program.shape[axis] > 1 && stride != (inner ? dense : 0)) return false;
      dense *= program.shape[axis];
    }
    return product.n > 1 && input.dtype == product.dtype;
  };
  if (product.products != 1 || !program.constants.empty() || program.outputs.size() != 1) return {};
  LibraryEpilogue epilogue;
  int value = 0;
  size_t next = 0;
  const std::vector<FusedInstruction>& all = program.instructions;
  if (next < all.size() && all[next].operation == "add" && program.inputs.size() == 2) {
    const auto& operands = all[next].operands;
    const bool is_bias =
        (operands[0] == 0 && operands[1] == 1) || (operands[0] == 1 && operands[1] == 0);
    if (!is_bias || !columns_only(program.inputs[1])) return {};
    epilogue.bias = true;
    value = program.instruction_value(static_cast<int>(next++));
  }
  if (next < all.size() && all[next].operation == "relu" && all[next].operands[0] == value) {
    epilogue.relu = true;
    value = program.instruction_value(static_cast<int>(next++));
  }
  const size_t used = epilogue.bias ? 2 : 1;
  if (next != all.size() || next == 0 || program.inputs.size() != used ||
      program.outputs[0] != value)
    return {};
  return epilogue;
}

}  // namespace castalia::cuda
