// Kernels that draw: rows of an output, each from the stream of its event.
#ifndef CASTALIA_CPP_OPS_RANDOM_KERNEL_H_
#define CASTALIA_CPP_OPS_RANDOM_KERNEL_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "cpp/ops/random.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// fill(arguments, row, stream) writes a row of the output, which has as many bytes as given.
template <typename Fill>
std::unique_ptr<Kernel> make_random_kernel(const KernelRequest& request, int64_t rows,
                                           int64_t bytes_per_row, Fill fill) {
  const auto stage = static_cast<uint16_t>(request.attributes.integer("stage"));
  return make_row_kernel(
      bytes_per_row == 0 ? 0 : rows, bytes_per_row,
      [stage, fill = std::move(fill)](const KernelArguments& arguments, int64_t first,
                                      int64_t last) {
        const auto seed = static_cast<uint64_t>(*static_cast<const int64_t*>(arguments.inputs[0]));
        const auto event = static_cast<uint64_t>(*static_cast<const int64_t*>(arguments.inputs[1]));
        for (int64_t row = first; row < last; ++row) {
          fill(arguments, row, Stream{seed, event + static_cast<uint64_t>(row), stage});
        }
      });
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_KERNEL_H_
