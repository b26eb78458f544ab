#include "cpp/ops/monotone_kernel.h"
#include "cpp/ops/unconstrained_monotonic/op.h"

namespace castalia {
namespace {

cpu::MonotoneSettings unconstrained_monotonic_settings(const Attributes& attributes) {
  const UnconstrainedMonotonicOptions options = unconstrained_monotonic_options(attributes);
  return {.members = static_cast<int>(options.units),
          .nodes = static_cast<int>(options.nodes),
          .lower = options.lower,
          .upper = options.upper};
}

}  // namespace

void unconstrained_monotonic_kernels(KernelTable& table) {
  add_monotone_kernel(table, "unconstrained_monotonic", cpu::MonotoneKind::unconstrained_monotonic,
                      cpu::MapTask::forward, unconstrained_monotonic_settings);
  add_monotone_kernel(table, "unconstrained_monotonic_inverse",
                      cpu::MonotoneKind::unconstrained_monotonic, cpu::MapTask::inverse,
                      unconstrained_monotonic_settings);
}

}  // namespace castalia
