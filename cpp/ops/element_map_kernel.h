// Maps of many scalars, each with parameters of its own (cpp/runtime/cpu/element_map.h), as kernels
// of operators.
#ifndef CASTALIA_CPP_OPS_ELEMENT_MAP_KERNEL_H_
#define CASTALIA_CPP_OPS_ELEMENT_MAP_KERNEL_H_

#include <algorithm>
#include <memory>

#include "cpp/ops/row_kernel.h"
#include "cpp/runtime/cpu/element_map.h"

namespace castalia {

// `map` has parameters() and compute(task, arrays, count). It is copied into the kernel.
template <typename T, class Map>
std::unique_ptr<Kernel> make_typed_map_kernel(const KernelRequest& request, const Map& map,
                                              cpu::MapTask task) {
  // Whole vectors of maps, so that only the last tile has a rest.
  constexpr int64_t kBlock = 64;
  const int64_t count = request.inputs[0].shape.count();
  const auto parameters = static_cast<int64_t>(map.parameters());
  const bool gradient = request.inputs.size() == 4;
  const auto compute = [=](const KernelArguments& arguments, int64_t first, int64_t last) {
    const int64_t begin = first * kBlock;
    const int64_t end = std::min(count, last * kBlock);
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    const auto output = [&](size_t i) { return static_cast<T*>(arguments.outputs[i]); };
    cpu::MapArrays<T> arrays{.argument = input(0) + begin, .params = input(1) + begin * parameters};
    if (gradient) {
      arrays.gradient_result = input(2) + begin;
      arrays.gradient_log_abs_det = input(3) + begin;
      arrays.gradient_argument = output(0) + begin;
      arrays.gradient_params = output(1) + begin * parameters;
    } else {
      arrays.result = output(0) + begin;
      arrays.log_abs_det = output(1) + begin;
    }
    map.compute(task, arrays, static_cast<size_t>(end - begin));
  };
  const int64_t bytes_per_block =
      kBlock * (parameters + 3) * (gradient ? 2 : 1) * static_cast<int64_t>(sizeof(T));
  return make_row_kernel((count + kBlock - 1) / kBlock, bytes_per_block, compute);
}

template <class Map>
std::unique_ptr<Kernel> make_map_kernel(const KernelRequest& request, const Map& map,
                                        cpu::MapTask task) {
  return request.inputs[0].dtype == DType::float32
             ? make_typed_map_kernel<float>(request, map, task)
             : make_typed_map_kernel<double>(request, map, task);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ELEMENT_MAP_KERNEL_H_
