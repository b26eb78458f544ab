// Parameters, of either element type, as doubles.
#ifndef CASTALIA_CPP_NN_PARAMETER_VALUES_H_
#define CASTALIA_CPP_NN_PARAMETER_VALUES_H_

#include <span>

#include "cpp/base/dtype.h"

namespace castalia {

// Between a tensor of that type, of as many elements as `values`, and doubles.
void write_values(void* to, DType dtype, std::span<const double> values);
void read_values(const void* from, DType dtype, std::span<double> values);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_PARAMETER_VALUES_H_
