// The networks that compute a bijection's parameters from features and the context.
#ifndef CASTALIA_CPP_PROB_CONDITIONER_H_
#define CASTALIA_CPP_PROB_CONDITIONER_H_

#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/nn/linear.h"

namespace castalia {

// hidden, hidden_layers, activation.
std::vector<Field> conditioner_fields();

// These, and those of the transformers with this one as the default (transformer_fields()): what
// layers have whose transformers get their parameters from a conditioner.
std::vector<Field> conditioned_fields(const std::string& transformer);

// The network that these fields ask for, whose last layer starts as zero.
MlpOptions conditioner_options(const FieldValues& values);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_CONDITIONER_H_
