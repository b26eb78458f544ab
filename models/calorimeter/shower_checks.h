// What every model of showers refuses.
#ifndef CASTALIA_MODELS_CALORIMETER_SHOWER_CHECKS_H_
#define CASTALIA_MODELS_CALORIMETER_SHOWER_CHECKS_H_

#include <cstdint>
#include <span>

namespace castalia {

// x is row-major (rows, cells), the incident energies (rows); either may be empty. Errors, with row
// (the first is named first_row) and column: not_finite; out_of_range for cells below 0 and
// incident energies of 0 and below.
void check_showers(std::span<const double> x, int64_t cells, std::span<const double> incident,
                   int64_t first_row);

}  // namespace castalia

#endif  // CASTALIA_MODELS_CALORIMETER_SHOWER_CHECKS_H_
