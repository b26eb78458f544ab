#include "cpp/prob/transformers/splines.h"

#include <algorithm>
#include <iterator>

#include "cpp/base/status.h"

namespace castalia {

std::vector<Field> spline_fields(const std::vector<std::string>& floors) {
  const std::vector<Field> all = {{.name = "min_bin_width",
                                   .type = FieldType::real,
                                   .default_value = "0.001",
                                   .meaning = "least width of a bin as a fraction of the domain",
                                   .least = 1e-6,
                                   .greatest = 0.5},
                                  {.name = "min_bin_height",
                                   .type = FieldType::real,
                                   .default_value = "0.001",
                                   .meaning = "least height of a bin as a fraction of the domain",
                                   .least = 1e-6,
                                   .greatest = 0.5},
                                  min_derivative_field()};
  std::vector<Field> out = {{.name = "bins",
                             .type = FieldType::integer,
                             .default_value = "8",
                             .meaning = "bins of each spline",
                             .least = 2,
                             .greatest = 128}};
  std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const Field& field) {
    return std::find(floors.begin(), floors.end(), field.name) != floors.end();
  });
  return out;
}

SplineOptions spline_settings(const FieldValues& values, const TransformerDomain& domain) {
  const int64_t bins = values.integer("bins");
  for (const char* field : {"min_bin_width", "min_bin_height"}) {
    if (values.real(field) * static_cast<double>(bins) >= 1) {
      fail(Code::out_of_range, field, " is ", values.real(field), "; allowed with ", bins,
           " bins: below ", 1 / static_cast<double>(bins));
    }
  }
  return {.bins = bins,
          .lower = domain.lower,
          .upper = domain.upper,
          .tails = domain.tails,
          .min_width = values.real("min_bin_width"),
          .min_height = values.real("min_bin_height"),
          .min_derivative = values.real("min_derivative")};
}

}  // namespace castalia
