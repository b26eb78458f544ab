#include "cpp/ops/cases.h"
#include "cpp/ops/small_matrix_cases.h"

namespace castalia {

std::vector<Case> solve_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : matrix_shapes()) {
    for (const int64_t columns : {1, 3}) {
      Shape sides = shape;
      sides[shape.rank() - 1] = columns;
      cases.push_back({{regular_matrices(shape), {.shape = sides}}});
    }
  }
  // Singular.
  cases.push_back({{not_differentiated({2, 2}, {1, 2, 2, 4}), not_differentiated({2, 1}, {3, 4})}});
  return cases;
}

}  // namespace castalia
