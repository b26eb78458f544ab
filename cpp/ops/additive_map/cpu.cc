#include "cpp/ops/monotone_kernel.h"

namespace castalia {
namespace {

cpu::MonotoneSettings additive_map_settings(const Attributes&) { return {}; }

}  // namespace

void additive_map_kernels(KernelTable& table) {
  add_monotone_kernel(table, "additive_map", cpu::MonotoneKind::additive, cpu::MapTask::forward,
                      additive_map_settings);
  add_monotone_kernel(table, "additive_map_inverse", cpu::MonotoneKind::additive,
                      cpu::MapTask::inverse, additive_map_settings);
}

}  // namespace castalia
