// Rows that threads work on together on a device.
#ifndef CASTALIA_CPP_OPS_ROW_BLOCKS_CUDA_H_
#define CASTALIA_CPP_OPS_ROW_BLOCKS_CUDA_H_

#include <cstdint>
#include <memory>
#include <string>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Adds a stage with a block for each of `rows` rows of n elements, whose number of threads depends
// on n alone. body: as ParallelKernel::blocks() takes it.
template <typename Body>
void add_row_blocks(ParallelKernel& kernel, int64_t rows, int64_t n, const Body& body) {
  if (n <= 1024) {
    kernel.blocks<32>(rows, 0, body);
  } else if (n <= 4096) {
    kernel.blocks<256>(rows, 0, body);
  } else {
    kernel.blocks<1024>(rows, 0, body);
  }
}

// The kernel whose only stage is Row<T>{columns} for every row of operand 0, along its last axis.
template <template <typename> class Row>
std::unique_ptr<Kernel> make_rows(const std::string& name, const KernelRequest& request) {
  const Shape& x = request.inputs[0].shape;
  auto kernel = kernel_for(name, request);
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    add_row_blocks(*kernel, x.count(0, x.rank() - 1), x.back(), Row<T>{x.back()});
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_ROW_BLOCKS_CUDA_H_
