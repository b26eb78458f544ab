// Which products cuBLASLt is asked for, and how: what can be said of it without a device.
#include "cpp/runtime/cuda/library_product.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace castalia::cuda {
namespace {

struct Asked {
  Shape a, b, out;
  bool transpose_a = false, transpose_b = false;
  DType dtype = DType::float32;
  Products products = Products::float32;
};

std::optional<LibraryProduct> product_of(const Asked& asked, std::string* refusal) {
  const Attributes attributes = {{"transpose_a", int64_t{asked.transpose_a}},
                                 {"transpose_b", int64_t{asked.transpose_b}}};
  const std::vector<TensorType> inputs = {{asked.dtype, asked.a}, {asked.dtype, asked.b}};
  const std::vector<TensorType> outputs = {{asked.dtype, asked.out}};
  return library_product(
      {.attributes = attributes, .inputs = inputs, .outputs = outputs, .products = asked.products},
      refusal);
}

LibraryProduct taken(const Asked& asked) {
  std::string refusal;
  const std::optional<LibraryProduct> product = product_of(asked, &refusal);
  EXPECT_TRUE(product.has_value()) << refusal;
  return product.value_or(LibraryProduct{});
}

std::string refused(const Asked& asked) {
  std::string refusal;
  EXPECT_FALSE(product_of(asked, &refusal).has_value());
  return refusal;
}

TEST(LibraryProduct, ShortensOperandsOnlyWhenAsked) {
  const auto arithmetic = [](DType dtype, Products products) {
    return taken({{4, 3}, {3, 2}, {4, 2}, false, false, dtype, products}).arithmetic;
  };
  EXPECT_EQ(arithmetic(DType::float32, Products::float32), LibraryArithmetic::float32);
  EXPECT_EQ(arithmetic(DType::float32, Products::tf32), LibraryArithmetic::tf32);
  EXPECT_EQ(arithmetic(DType::float32, Products::bfloat16), LibraryArithmetic::bfloat16);
  for (const Products each :
       {Products::float32, Products::tf32, Products::bfloat16, Products::bfloat16_emulated}) {
    EXPECT_EQ(arithmetic(DType::float64, each), LibraryArithmetic::float64);
  }
}

TEST(LibraryProduct, LeavesEmulatedRoundingToOurs) {
  EXPECT_EQ(
      refused({{4, 3}, {3, 2}, {4, 2}, false, false, DType::float32, Products::bfloat16_emulated}),
      "it does not round operands for products in float32");
}

TEST(LibraryProduct, TakesLeadingAxesAsRowsOrAsProducts) {
  const LibraryProduct rows = taken({{5, 4, 3}, {3, 2}, {5, 4, 2}});
  EXPECT_EQ(rows.products, 1);
  EXPECT_EQ(rows.m, 20);
  EXPECT_EQ(rows.a.rows, 20);
  const LibraryProduct transposed = taken({{5, 3, 4}, {3, 2}, {5, 4, 2}, true});
  EXPECT_EQ(transposed.products, 5);
  EXPECT_EQ(transposed.m, 4);
  EXPECT_EQ(transposed.k, 3);
  EXPECT_EQ(transposed.a.stride, 12);
  EXPECT_EQ(transposed.b.stride, 0);
  const LibraryProduct both = taken({{2, 5, 4, 3}, {2, 5, 2, 3}, {2, 5, 4, 2}, false, true});
  EXPECT_EQ(both.products, 10);
  EXPECT_EQ(both.n, 2);
  EXPECT_EQ(both.b.stride, 6);
  EXPECT_TRUE(both.b.transposed);
  EXPECT_EQ(refused({{2, 1, 4, 3}, {2, 5, 3, 2}, {2, 5, 4, 2}}),
            "leading axes that are broadcast in part");
  EXPECT_EQ(refused({{4, 0}, {0, 2}, {4, 2}}), "an empty product");
}

// relu(product + bias), and parts of it.
FusedProgram epilogue_of(const LibraryProduct& product, bool bias, const char* then) {
  FusedProgram program;
  program.shape = {product.m, product.n};
  program.inputs.push_back({product.dtype, {product.n, 1}});
  int value = 0;
  if (bias) program.inputs.push_back({product.dtype, {0, 1}});
  if (bias) {
    program.instructions.push_back({"add", product.dtype, {0, 1}});
    value = program.instruction_value(0);
  }
  if (then != nullptr) {
    program.instructions.push_back({then, product.dtype, {value}});
    value = program.instruction_value(bias ? 1 : 0);
  }
  program.outputs = {value};
  return program;
}

TEST(LibraryProduct, FusesBiasAndReluInEveryArithmetic) {
  for (const Products each : {Products::float32, Products::tf32, Products::bfloat16}) {
    const LibraryProduct product =
        taken({{64, 32}, {32, 16}, {64, 16}, false, false, DType::float32, each});
    const auto with_both = library_epilogue(epilogue_of(product, true, "relu"), product);
    ASSERT_TRUE(with_both.has_value());
    EXPECT_TRUE(with_both->bias && with_both->relu);
    const auto with_relu = library_epilogue(epilogue_of(product, false, "relu"), product);
    ASSERT_TRUE(with_relu.has_value());
    EXPECT_TRUE(!with_relu->bias && with_relu->relu);
    EXPECT_FALSE(library_epilogue(epilogue_of(product, true, "tanh"), product).has_value());
  }
}

// A joined step reads its operands as they are.
TEST(LibraryProduct, IsJoinedOnlyWithWholeOperands) {
  const auto joined = [](DType dtype, Products products) {
    const LibraryProduct product =
        taken({{4, 32}, {32, 16}, {4, 16}, false, false, dtype, products});
    return joinable_product(product, epilogue_of(product, true, "tanh")).has_value();
  };
  EXPECT_TRUE(joined(DType::float32, Products::float32));
  EXPECT_FALSE(joined(DType::float32, Products::tf32));
  EXPECT_FALSE(joined(DType::float32, Products::bfloat16));
  EXPECT_TRUE(joined(DType::float64, Products::tf32));
}

}  // namespace
}  // namespace castalia::cuda
