#include "cpp/ops/cases.h"

namespace castalia {

namespace {

// (m, k) times (k, n), all four ways of storing the operands.
void add_products(int64_t m, int64_t k, int64_t n, std::vector<Case>& cases) {
  for (const int64_t transpose_a : {0, 1}) {
    for (const int64_t transpose_b : {0, 1}) {
      const Shape a = transpose_a ? Shape{k, m} : Shape{m, k};
      const Shape b = transpose_b ? Shape{n, k} : Shape{k, n};
      cases.push_back({{{a}, {b}}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}}});
    }
  }
}

// Leading axes that are the same, broadcast on either side, or missing.
void add_batches(std::vector<Case>& cases) {
  const auto add = [&](const Shape& a, const Shape& b, int64_t transpose_a, int64_t transpose_b) {
    cases.push_back({{{a}, {b}}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}}});
  };
  add({3, 4, 5}, {3, 5, 2}, 0, 0);
  add({3, 5, 4}, {3, 2, 5}, 1, 1);
  add({2, 3, 4, 9}, {2, 1, 9, 7}, 0, 0);
  add({1, 4, 3}, {5, 2, 3}, 0, 1);
  add({4, 3}, {6, 3, 17}, 0, 0);
  add({2, 3, 5, 4}, {5, 6}, 1, 0);
  add({40, 7, 3}, {40, 3, 9}, 0, 0);
  add({0, 4, 3}, {0, 3, 2}, 0, 0);
  add({3, 4, 0}, {3, 0, 2}, 0, 0);
}

}  // namespace

std::vector<Case> matmul_cases() {
  std::vector<Case> cases;
  add_products(1, 1, 1, cases);
  add_products(3, 5, 7, cases);
  add_products(1, 9, 17, cases);
  add_products(33, 31, 1, cases);
  add_products(130, 67, 35, cases);
  add_products(64, 128, 128, cases);
  add_products(0, 4, 3, cases);
  add_products(3, 4, 0, cases);
  // The sum of no products is zero.
  add_products(3, 0, 4, cases);
  add_batches(cases);
  return cases;
}

}  // namespace castalia
