// The networks that compute a bijection's parameters from features and the context.
#ifndef CASTALIA_CPP_PROB_CONDITIONER_H_
#define CASTALIA_CPP_PROB_CONDITIONER_H_

#include <vector>

#include "cpp/base/fields.h"
#include "cpp/nn/linear.h"

namespace castalia {

// hidden, hidden_layers, activation.
std::vector<Field> conditioner_fields();

// The network that these fields ask for, whose last layer starts as zero.
MlpOptions conditioner_options(const FieldValues& values);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_CONDITIONER_H_
