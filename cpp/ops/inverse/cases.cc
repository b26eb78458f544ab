#include "cpp/ops/cases.h"
#include "cpp/ops/small_matrix_cases.h"

namespace castalia {

std::vector<Case> inverse_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : matrix_shapes()) cases.push_back({{regular_matrices(shape)}});
  // The first element to divide by is zero.
  cases.push_back({{{.shape = {3, 3}, .values = {0, 2, 1, 3, 1, -2, -6, 4, 5}}}});

  // Singular, by zeros and by rows that depend on each other.
  cases.push_back({{not_differentiated({2, 2, 2}, {0, 0, 0, 0, 1, 2, 2, 4})}});
  return cases;
}

}  // namespace castalia
