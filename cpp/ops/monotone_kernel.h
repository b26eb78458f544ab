// The kernels of monotone maps (cpp/runtime/cpu/monotone.h) as kernels of operators.
#ifndef CASTALIA_CPP_OPS_MONOTONE_KERNEL_H_
#define CASTALIA_CPP_OPS_MONOTONE_KERNEL_H_

#include <memory>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/element_map_kernel.h"
#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/monotone.h"

namespace castalia {

using SettingsOfMap = cpu::MonotoneSettings (*)(const Attributes&);

// Forward of a map's operator or its inverse, in one kernel.
inline void add_monotone_kernel(KernelTable& table, const std::string& name, cpu::MonotoneKind kind,
                                cpu::MapTask task, SettingsOfMap settings) {
  const auto create = [=](const KernelRequest& request, std::string* refusal) {
    const int64_t count = request.inputs[0].shape.count();
    if (request.inputs[1].shape.count() >
        count * static_cast<int64_t>(cpu::MonotoneMap::kMaxParameters)) {
      *refusal = text("more than ", cpu::MonotoneMap::kMaxParameters, " parameters");
      return std::unique_ptr<Kernel>();
    }
    return make_map_kernel(request, cpu::MonotoneMap(kind, settings(request.attributes)), task);
  };
  table.add(name, {"highway", create});
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MONOTONE_KERNEL_H_
