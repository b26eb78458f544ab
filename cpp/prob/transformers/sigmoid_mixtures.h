// What the transformers that are mixtures of sigmoids share.
#ifndef CASTALIA_CPP_PROB_TRANSFORMERS_SIGMOID_MIXTURES_H_
#define CASTALIA_CPP_PROB_TRANSFORMERS_SIGMOID_MIXTURES_H_

#include <vector>

#include "cpp/ops/sigmoid_mixture.h"
#include "cpp/prob/transformer.h"

namespace castalia {

std::vector<Field> sigmoid_mixture_fields();
SigmoidMixtureOptions sigmoid_mixture_settings(const FieldValues& values);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_TRANSFORMERS_SIGMOID_MIXTURES_H_
