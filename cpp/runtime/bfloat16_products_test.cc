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
#include "cpp/runtime/cpu/bfloat16.h"
#include "cpp/runtime/cpu/onednn_library.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  std::mt19937 engine(1);
  std::uniform_int_distribution<uint32_t> any;
  int ties = 0;
  for (int i = 0; i < 200000; ++i) {
    uint32_t bits = any(engine);
    if (i % 4 == 0) bits = (bits & 0xFFFF0000) | 0x8000;  // half-way
    const auto x = std::bit_cast<float>(bits);
    const float rounded = cpu::rounded_to_bfloat16(x);
    if (std::isnan(x)) {
      EXPECT_TRUE(std::isnan(rounded));
      continue;
    }
    // The neighbours below and above in magnitude; the one above the largest counts as 2^128.
    const double below = std::fabs(cpu::from_bfloat16(static_cast<uint16_t>(bits >> 16 & 0x7FFF)));
    double above = std::fabs(cpu::from_bfloat16(static_cast<uint16_t>((bits >> 16 & 0x7FFF) + 1)));
    if (std::isinf(x)) above = below;
    if (std::isinf(above) && !std::isinf(x)) above = std::ldexp(1.0, 128);
    const double size = std::fabs(x);
    double expected = size - below < above - size ? below : above;
    if (size - below == above - size && (bits >> 16 & 1) == 0) expected = below;
    ties += size - below == above - size;
    if (expected == std::ldexp(1.0, 128)) expected = std::numeric_limits<double>::infinity();
    EXPECT_EQ(std::fabs(rounded), expected) << x;
    EXPECT_EQ(std::signbit(rounded), std::signbit(x)) << x;
  }
  EXPECT_GT(ties, 40000);
}

std::vector<float> random_values(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = normal(engine);
  return values;
}

// relu(x w), with w fixed or not.
struct Product {
  int64_t items, m, k, n;  // items 0: no leading axis
  bool transpose = false;
  bool fixed = false;

  std::vector<float> run(Products products, const std::vector<float>& x,
                         const std::vector<float>& w, int threads = 1) const {
    Graph graph;
    const Shape x_shape = items > 0 ? Shape{items, m, k} : Shape{m, k};
    const Value in = graph.input("x", {DType::float32, x_shape});
    const Shape w_shape = transpose ? Shape{n, k} : Shape{k, n};
    const Value weights = graph.state("w", {DType::float32, w_shape});
    graph.output("y", relu(matmul(in, weights, false, transpose)));
    Workspace workspace(compile(graph, {.states_fixed = fixed, .products = products}), threads);
    AlignedBuffer memory(padded_bytes(w.size() * sizeof(float)));
    std::memcpy(memory.data(), w.data(), w.size() * sizeof(float));
    workspace.bind_state("w", memory.data());
    PreparedOperands operands;
    workspace.prepare(operands);
    std::memcpy(workspace.input("x"), x.data(), x.size() * sizeof(float));
    ThreadPool pool(threads);
    workspace.run(&pool);
    const auto* y = static_cast<const float*>(workspace.output("y"));
    return {y, y + std::max<int64_t>(items, 1) * m * n};
  }
};

// The largest error against plain loops in double over rounded operands, in units of the sum of
// the products' sizes.
double error(const Product& p, const std::vector<float>& x, const std::vector<float>& w,
             const std::vector<float>& y) {
  double worst = 0;
  for (int64_t i = 0; i < std::max<int64_t>(p.items, 1) * p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      double size = 0;
      for (int64_t k = 0; k < p.k; ++k) {
        const auto at = static_cast<size_t>(p.transpose ? j * p.k + k : k * p.n + j);
        const double term = double{cpu::rounded_to_bfloat16(x[static_cast<size_t>(i * p.k + k)])} *
                            double{cpu::rounded_to_bfloat16(w[at])};
        sum += term;
        size += std::fabs(term);
      }
      const double expected = std::fmax(sum, 0.0);
      worst = std::fmax(worst,
                        std::fabs(y[static_cast<size_t>(i * p.n + j)] - expected) / (size + 1e-30));
    }
  }
  return worst;
}

constexpr Product kProducts[] = {
    {0, 1, 5, 3},
    {0, 70, 33, 129},
    {0, 256, 128, 138, false, true},
    {0, 200, 64, 50, true},
    {0, 200, 64, 50, true, true},
    {3, 7, 20, 11},
};

void expect_rounded_operands(Products products) {
  for (const Product& p : kProducts) {
    const auto x = random_values(std::max<int64_t>(p.items, 1) * p.m * p.k, 1);
    const auto w = random_values(p.k * p.n, 2);
    const auto y = p.run(products, x, w);
    EXPECT_LT(error(p, x, w, y), 1e-6) << p.m << " " << p.k << " " << p.n;
    EXPECT_GT(error(p, x, w, p.run(Products::float32, x, w)), 1e-5);
    EXPECT_EQ(p.run(products, x, w, 2), y);
  }
}

// A row has the same bits wherever it lies.
void expect_independent_rows(Products products) {
  const Product p{0, 150, 128, 138, false, true};
  const auto w = random_values(p.k * p.n, 2);
  auto x = random_values(p.m * p.k, 1);
  const auto y = p.run(products, x, w);
  std::rotate(x.begin(), x.begin() + 37 * p.k, x.end());
  auto expected = y;
  std::rotate(expected.begin(), expected.begin() + 37 * p.n, expected.end());
  EXPECT_EQ(p.run(products, x, w), expected);
}

TEST(Bfloat16Products, EmulatedOnesAreThoseOfRoundedOperands) {
  expect_rounded_operands(Products::bfloat16_emulated);
  expect_independent_rows(Products::bfloat16_emulated);
}

TEST(Bfloat16Products, TheProcessorsAreTheSameOrRefusedByName) {
  std::string reason;
  if (cpu::has_bfloat16_products(&reason)) {
    expect_rounded_operands(Products::bfloat16);
    expect_independent_rows(Products::bfloat16);
    return;
  }
  try {
    kProducts[0].run(Products::bfloat16, random_values(5, 1), random_values(15, 2));
    FAIL() << "products in bfloat16 without the instructions for them";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::device_unavailable);
    EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
  }
}

TEST(Bfloat16Products, DoubleIsLeftAsItIs) {
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {1, 1}});
  graph.output("y", matmul(x, x));
  Workspace workspace(compile(graph, {.products = Products::bfloat16_emulated}));
  *static_cast<double*>(workspace.input("x")) = 1.001;
  workspace.run();
  EXPECT_EQ(*static_cast<const double*>(workspace.output("y")), 1.001 * 1.001);
}

}  // namespace
}  // namespace castalia
