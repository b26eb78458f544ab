// Kernels whose groups of threads depend on the sizes: what holds for all of them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/run_kernel_for_test.h"
#include "cpp/ops/sample_for_test.h"

namespace castalia {
namespace {

Tensor drawn(const Shape& shape, double largest, uint32_t seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> distribution(-largest, largest);
  Tensor tensor(shape);
  for (double& x : tensor.data) x = distribution(engine);
  return tensor;
}

std::vector<Tensor> run(const std::string& name, const Attributes& attributes,
                        const std::vector<Tensor>& inputs, const std::vector<Shape>& outputs) {
  KernelTable table;
  add_all_cuda_kernels(table);
  std::vector<TensorType> types, results;
  for (const Tensor& input : inputs) types.push_back({DType::float64, input.shape});
  for (const Shape& shape : outputs) results.push_back({DType::float64, shape});
  std::string refusal;
  const auto kernel = table.find(name).back().create({attributes, types, results}, &refusal);
  const auto bytes = run_kernel(*kernel, types, inputs, results, TileOrder::together);
  std::vector<Tensor> read;
  for (size_t i = 0; i < results.size(); ++i) {
    read.push_back(read_tensor(results[i], bytes[i].data()));
  }
  return read;
}

// A thread, a warp, a block with shared memory and one without.
TEST(SmallMatrix, SolvesWhateverItsSize) {
  for (const int64_t n : {3, 20, 70, 180}) {
    Tensor a = drawn({2, n, n}, 1, 7);
    const Tensor b = drawn({2, n, 3}, 1, 8);
    const Tensor x = run("solve", {}, {a, b}, {b.shape})[0];
    for (int64_t m = 0; m < 2; ++m) {
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t c = 0; c < 3; ++c) {
          double sum = 0;
          for (int64_t j = 0; j < n; ++j) sum += a[(m * n + i) * n + j] * x[(m * n + j) * 3 + c];
          ASSERT_NEAR(sum, b[(m * n + i) * 3 + c], 1e-9) << n;
        }
      }
    }
  }
}

// The first rows of an operand.
Tensor first_rows(const Tensor& x, int64_t rows) {
  Shape shape = x.shape;
  shape[0] = rows;
  Tensor first(shape);
  first.data.assign(x.data.begin(), x.data.begin() + shape.count());
  return first;
}

void expect_same_bits(const Tensor& few, const Tensor& many) {
  EXPECT_EQ(std::memcmp(few.data.data(), many.data.data(), few.data.size() * sizeof(double)), 0);
}

// Many rows share a group, few do not.
TEST(Perceptron, RowsHaveTheSameBitsInAnyNumber) {
  const int64_t many = 4099;
  const Tensor y = drawn({many, 3}, 2, 1);
  const Tensor first = drawn({3, 9}, 0.2, 2);
  const Tensor bias = drawn({1, 9}, 0.2, 3);
  const Tensor second = drawn({9, 3}, 0.2, 4);
  const Tensor last_bias = drawn({1, 3}, 0.2, 5);
  const Tensor slopes = drawn({many, 9}, 1, 6);
  Tensor u = drawn({many, 1}, 0.5, 7);
  for (double& x : u.data) x += 0.500001;
  const Attributes contraction{{"activation", "elu"}, {"contraction", 0.7}};
  const Attributes series{{"sure", int64_t{3}}, {"proceed", 0.5}};
  const auto invert = [&](const Tensor& rows) {
    return run("contraction_inverse", contraction, {rows, first, bias, second, last_bias},
               {rows.shape})[0];
  };
  const auto sum = [&](int64_t rows) {
    return run("neumann_series", series,
               {first_rows(y, rows), first_rows(u, rows), first, first_rows(slopes, rows), second},
               {{rows, 1}, {rows, 3}});
  };
  expect_same_bits(invert(first_rows(y, 5)), invert(y));
  const auto few_sums = sum(5);
  const auto many_sums = sum(many);
  expect_same_bits(few_sums[0], many_sums[0]);
  expect_same_bits(few_sums[1], many_sums[1]);
}

}  // namespace
}  // namespace castalia
