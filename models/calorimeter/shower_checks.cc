#include "models/calorimeter/shower_checks.h"

#include <cmath>

#include "cpp/base/status.h"

namespace castalia {
namespace {

void require(double value, bool allowed, const char* what, int64_t row, int64_t column,
             const char* rule) {
  if (!std::isfinite(value)) {
    fail(Code::not_finite, what, " row ", row, ", column ", column, ": the value is ", value);
  }
  if (!allowed) {
    fail(Code::out_of_range, what, " row ", row, ", column ", column, ": the value is ", value,
         "; ", rule);
  }
}

}  // namespace

void check_showers(std::span<const double> x, int64_t cells, std::span<const double> incident,
                   int64_t first_row) {
  for (size_t row = 0; row < incident.size(); ++row) {
    require(incident[row], incident[row] > 0, "context", first_row + static_cast<int64_t>(row), 0,
            "incident energies are above 0");
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    require(x[i], x[i] >= 0, "x", first_row + index / cells, index % cells,
            "energies of cells are 0 or above");
  }
}

}  // namespace castalia
