// What the transformers that are monotone splines share.
#ifndef CASTALIA_CPP_PROB_TRANSFORMERS_SPLINES_H_
#define CASTALIA_CPP_PROB_TRANSFORMERS_SPLINES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/ops/spline_options.h"
#include "cpp/prob/transformer.h"

namespace castalia {

// The number of bins and the floors that a kind of splines has, by name: of "min_bin_width",
// "min_bin_height" and "min_derivative".
std::vector<Field> spline_fields(const std::vector<std::string>& floors);

// The settings of a spline, whose floors leave room for all its bins. Errors: out_of_range.
SplineOptions spline_settings(const FieldValues& values, const TransformerDomain& domain);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_TRANSFORMERS_SPLINES_H_
