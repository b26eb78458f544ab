#include "cpp/ops/affine_map/op.h"
#include "cpp/ops/monotone_kernel.h"

namespace castalia {
namespace {

cpu::MonotoneSettings affine_map_settings(const Attributes& attributes) {
  const AffineMapOptions options = affine_map_options(attributes);
  const auto scale = options.scale == "sigmoid"    ? cpu::AffineScale::sigmoid
                     : options.scale == "softplus" ? cpu::AffineScale::softplus
                                                   : cpu::AffineScale::bounded_exponential;
  return {.scale = scale, .min_scale = options.min_scale};
}

}  // namespace

void affine_map_kernels(KernelTable& table) {
  add_monotone_kernel(table, "affine_map", cpu::MonotoneKind::affine, cpu::MapTask::forward,
                      affine_map_settings);
  add_monotone_kernel(table, "affine_map_inverse", cpu::MonotoneKind::affine, cpu::MapTask::inverse,
                      affine_map_settings);
}

}  // namespace castalia
