#include "cpp/ops/deep_sigmoid/op.h"
#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> deep_sigmoid_inverse_cases() {
  const SigmoidMixtureOptions usual;
  const SigmoidMixtureOptions one{.components = 1, .min_derivative = 0.1};
  return all_cases(monotone_cases(usual.attributes(), deep_sigmoid_parameters(usual)),
                   monotone_cases(one.attributes(), deep_sigmoid_parameters(one)));
}

}  // namespace castalia
