// Products of a device that read shorter operands: in the emulation everywhere, where our kernels
// round them; on a GPU, where there is one, mostly by cuBLASLt.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/product_rounding_cuda.h"
#include "cpp/runtime/cpu/bfloat16.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/runtime/cuda/load.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr Products kShorter[] = {Products::bfloat16, Products::bfloat16_emulated, Products::tf32};

// Bits of mantissa in memory.
int bits_of(Products products) { return 23 - dropped_bits(products); }

// By arithmetic alone: x as a whole number of the format's units, to the nearest, ties to even.
double rounded_by_arithmetic(double x, int bits) {
  if (x == 0 || !std::isfinite(x)) return x;
  // Numbers below 2^-126 have the units of those above.
  const int exponent = std::max(std::ilogb(x), -126);
  const double unit = std::ldexp(1.0, exponent - bits);
  const double result = std::nearbyint(x / unit) * unit;
  const double infinity = std::numeric_limits<double>::infinity();
  return std::fabs(result) < std::ldexp(1.0, 128) ? result : std::copysign(infinity, x);
}

TEST(RoundedProductOperand, IsTheNearestAndOfTwoTheEven) {
  std::mt19937 engine(1);
  std::uniform_int_distribution<uint32_t> any;
  for (int i = 0; i < 200000; ++i) {
    uint32_t pattern = any(engine);
    if (i % 8 == 0) pattern = (pattern & 0xFFFF0000) | 0x8000;  // ties of bfloat16
    if (i % 8 == 1) pattern = (pattern & 0xFFFFE000) | 0x1000;  // and of tf32
    const auto x = std::bit_cast<float>(pattern);
    for (const Products each : kShorter) {
      const float rounded = rounded_product_operand(x, dropped_bits(each));
      if (std::isnan(x)) {
        EXPECT_TRUE(std::isnan(rounded));
        continue;
      }
      ASSERT_EQ(rounded, rounded_by_arithmetic(x, bits_of(each))) << x;
      ASSERT_EQ(std::signbit(rounded), std::signbit(x));
      if (each != Products::tf32) {
        ASSERT_EQ(rounded, cpu::rounded_to_bfloat16(x));  // what the host does
      }
    }
    if (!std::isnan(x)) {
      ASSERT_EQ(rounded_product_operand(x, dropped_bits(Products::float32)), x);
    }
  }
  EXPECT_EQ(rounded_product_operand(1.001, 16), 1.001);
}

std::vector<float> random_values(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(engine);
  return values;
}

// relu(x w + b): single products, small and of several tiles, and products over leading axes, of
// which the last are broadcast in part, so that the library does not take them.
struct Product {
  Shape x, w;
  bool transpose = false;

  int64_t m() const { return x[x.rank() - 2]; }
  int64_t k() const { return x.back(); }
  int64_t n() const { return transpose ? w[w.rank() - 2] : w.back(); }
};

const Product kProducts[] = {
    {{1, 5}, {5, 3}},          {{70, 33}, {33, 129}},
    {{256, 128}, {128, 128}},  {{200, 64}, {50, 64}, true},
    {{3, 7, 20}, {3, 20, 11}}, {{2, 1, 17, 20}, {1, 5, 20, 19}},
};

std::vector<float> run(const Product& p, Products products, const Device* device,
                       const std::vector<float>& x, const std::vector<float>& w) {
  Graph graph;
  const Value in = graph.input("x", {DType::float32, p.x});
  const Value weights = graph.state("w", {DType::float32, p.w});
  const Value bias = graph.constant({p.n()}, DType::float32,
                                    std::vector<double>(static_cast<size_t>(p.n()), 0.25));
  const Value y = relu(matmul(in, weights, false, p.transpose) + bias);
  graph.output("y", y);
  Workspace workspace(
      compile(graph, {.states_fixed = true, .products = products, .device = device}));
  StateMemory state(w.size() * sizeof(float), device);
  std::memcpy(state.write(), w.data(), w.size() * sizeof(float));
  workspace.bind_state("w", state);
  for (int i = 0; i < 3; ++i) {  // the third is a recording
    std::memcpy(workspace.input("x"), x.data(), x.size() * sizeof(float));
    workspace.run();
  }
  const auto* result = static_cast<const float*>(workspace.output("y"));
  return {result, result + y.shape().count()};
}

// The largest error against plain loops in double over operands of so many bits, in units of the
// sum of the terms' sizes.
double error(const Product& p, int bits, const std::vector<float>& x, const std::vector<float>& w,
             const std::vector<float>& y) {
  const auto leading = [](const Shape& shape, int axis) {
    return axis < shape.rank() - 2 ? shape[axis] : 1;
  };
  double worst = 0;
  size_t at = 0;
  const int64_t first = std::max(leading(p.x, 0), leading(p.w, 0));
  const int64_t second = std::max(leading(p.x, 1), leading(p.w, 1));
  const auto item = [&](const Shape& shape, int64_t i, int64_t j) {
    const int64_t own = leading(shape, 1);
    return (leading(shape, 0) == 1 ? 0 : i * own) + (own == 1 ? 0 : j);
  };
  for (int64_t i = 0; i < first; ++i) {
    for (int64_t j = 0; j < second; ++j) {
      const float* const a = x.data() + item(p.x, i, j) * p.m() * p.k();
      const float* const b = w.data() + item(p.w, i, j) * p.k() * p.n();
      for (int64_t row = 0; row < p.m(); ++row) {
        for (int64_t column = 0; column < p.n(); ++column) {
          double sum = 0.25, size = 0.25;
          for (int64_t k = 0; k < p.k(); ++k) {
            const float factor = p.transpose ? b[column * p.k() + k] : b[k * p.n() + column];
            const double term = rounded_by_arithmetic(a[row * p.k() + k], bits) *
                                rounded_by_arithmetic(factor, bits);
            sum += term;
            size += std::fabs(term);
          }
          worst = std::fmax(worst, std::fabs(y[at++] - std::fmax(sum, 0.0)) / size);
        }
      }
    }
  }
  EXPECT_EQ(at, y.size());
  return worst;
}

TEST(ProductsOnADevice, OfTheEmulationAreThoseOfRoundedOperands) {
  const Device* const device = &cuda::emulated_device();
  for (const Product& p : kProducts) {
    const auto x = random_values(p.x.count(), 1);
    const auto w = random_values(p.w.count(), 2);
    const auto whole = run(p, Products::float32, device, x, w);
    EXPECT_LT(error(p, 23, x, w, whole), 1e-6) << p.x << " " << p.w;
    for (const Products each : kShorter) {
      const auto y = run(p, each, device, x, w);
      EXPECT_LT(error(p, bits_of(each), x, w, y), 1e-6) << p.x << " " << p.w;
      EXPECT_GT(error(p, bits_of(each), x, w, whole), 1e-5) << p.x << " " << p.w;
    }
  }
}

TEST(ProductsOnADevice, OfTheEmulationAreThoseOfTheHost) {
  for (const Product& p : kProducts) {
    const auto x = random_values(p.x.count(), 3);
    const auto w = random_values(p.w.count(), 4);
    const auto here = run(p, Products::bfloat16_emulated, nullptr, x, w);
    const auto there = run(p, Products::bfloat16, &cuda::emulated_device(), x, w);
    for (size_t i = 0; i < here.size(); ++i) ASSERT_NEAR(there[i], here[i], 2e-5);
  }
}

// A library may shorten the operands in its own way, by cutting them, or leave them whole; what is
// our kernel's is exact.
TEST(ProductsOnADevice, OfAGpuAreWithinTheirFormats) {
  const Device* device = nullptr;
  try {
    device = find_device("cuda:0");
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  for (const Product& p : kProducts) {
    const auto x = random_values(p.x.count(), 1);
    const auto w = random_values(p.w.count(), 2);
    EXPECT_LT(error(p, 23, x, w, run(p, Products::float32, device, x, w)), 1e-6);
    for (const Products each : kShorter) {
      const auto y = run(p, each, device, x, w);
      EXPECT_LT(error(p, 23, x, w, y), 2.01 * std::ldexp(1.0, -bits_of(each))) << p.x << " " << p.w;
    }
    EXPECT_LT(error(p, 7, x, w, run(p, Products::bfloat16_emulated, device, x, w)), 1e-6);
  }
}

TEST(ProductsOnADevice, InTf32AreRefusedOnTheHost) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {2, 2}});
  graph.output("y", matmul(x, x));
  try {
    compile(graph, {.products = Products::tf32});
    FAIL() << "products in tf32 on the host";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::device_unavailable);
    EXPECT_EQ(std::string(error.what()),
              "products in tf32: the processor has none; a CUDA device computes them");
  }
}

}  // namespace
}  // namespace castalia
