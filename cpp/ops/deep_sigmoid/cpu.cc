#include "cpp/ops/monotone_kernel.h"
#include "cpp/ops/sigmoid_mixture.h"

namespace castalia {
namespace {

cpu::MonotoneSettings deep_sigmoid_settings(const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  return {.members = static_cast<int>(options.components),
          .min_derivative = options.min_derivative};
}

}  // namespace

void deep_sigmoid_kernels(KernelTable& table) {
  add_monotone_kernel(table, "deep_sigmoid", cpu::MonotoneKind::deep_sigmoid, cpu::MapTask::forward,
                      deep_sigmoid_settings);
  add_monotone_kernel(table, "deep_sigmoid_inverse", cpu::MonotoneKind::deep_sigmoid,
                      cpu::MapTask::inverse, deep_sigmoid_settings);
}

}  // namespace castalia
