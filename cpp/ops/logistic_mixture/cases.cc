#include "cpp/ops/logistic_mixture/op.h"
#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> logistic_mixture_cases() {
  const SigmoidMixtureOptions usual;
  const SigmoidMixtureOptions one{.components = 1, .min_derivative = 0.1};
  return all_cases(monotone_cases(usual.attributes(), logistic_mixture_parameters(usual)),
                   monotone_cases(one.attributes(), logistic_mixture_parameters(one)));
}

}  // namespace castalia
