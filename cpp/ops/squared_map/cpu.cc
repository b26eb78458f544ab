#include "cpp/ops/monotone_kernel.h"

namespace castalia {
namespace {

cpu::MonotoneSettings squared_map_settings(const Attributes&) { return {}; }

}  // namespace

void squared_map_kernels(KernelTable& table) {
  add_monotone_kernel(table, "squared_map", cpu::MonotoneKind::squared, cpu::MapTask::forward,
                      squared_map_settings);
  add_monotone_kernel(table, "squared_map_inverse", cpu::MonotoneKind::squared,
                      cpu::MapTask::inverse, squared_map_settings);
}

}  // namespace castalia
