#include "cpp/ops/monotone_kernel.h"
#include "cpp/ops/sigmoid_mixture.h"

namespace castalia {
namespace {

cpu::MonotoneSettings logistic_mixture_settings(const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  return {.members = static_cast<int>(options.components),
          .min_derivative = options.min_derivative};
}

}  // namespace

void logistic_mixture_kernels(KernelTable& table) {
  add_monotone_kernel(table, "logistic_mixture", cpu::MonotoneKind::logistic_mixture,
                      cpu::MapTask::forward, logistic_mixture_settings);
  add_monotone_kernel(table, "logistic_mixture_inverse", cpu::MonotoneKind::logistic_mixture,
                      cpu::MapTask::inverse, logistic_mixture_settings);
}

}  // namespace castalia
