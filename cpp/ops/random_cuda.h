// Kernels on a device that draw: every row of the output from the stream of its event, the same
// bits as on a processor.
#ifndef CASTALIA_CPP_OPS_RANDOM_CUDA_H_
#define CASTALIA_CPP_OPS_RANDOM_CUDA_H_

#include <cstdint>

#include "cpp/base/philox.h"
#include "cpp/ops/movement_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// The draws of a row. Operands 0 and 1 are seed and first event.
CASTALIA_ANYWHERE inline Stream stream_of_row(const Operands& operands, uint16_t stage,
                                              int64_t row) {
  return {.seed = static_cast<uint64_t>(*operands.in<int64_t>(0)),
          .event = static_cast<uint64_t>(*operands.in<int64_t>(1)) + static_cast<uint64_t>(row),
          .stage = stage};
}

// Both uniform draws of a block of random bits. T Draw::operator()(operands, index, u) makes one
// into element `index` of the result.
template <typename T, typename Index, typename Draw>
struct DrawPair {
  uint16_t stage;
  int64_t features;
  int64_t pairs;  // of a row
  Draw draw;

  CASTALIA_ANYWHERE void operator()(const Operands& operands, int64_t index) const {
    const int64_t row = static_cast<Index>(index) / static_cast<Index>(pairs);
    const int64_t pair = static_cast<Index>(index) % static_cast<Index>(pairs);
    const auto bits =
        block_of_bits(stream_of_row(operands, stage, row), static_cast<uint32_t>(pair));
    const int64_t at = row * features + 2 * pair;
    T* out = operands.out<T>(0);
    out[at] = draw(operands, at, uniform(bits[0]));
    if (2 * pair + 1 < features) out[at + 1] = draw(operands, at + 1, uniform(bits[1]));
  }
};

// The attribute "stage"; the result has shape (rows, features).
template <typename T, typename Draw>
void add_draws(ParallelKernel& kernel, const KernelRequest& request, Draw draw) {
  const Shape& shape = request.outputs[0].shape;
  const int64_t pairs = (shape[1] + 1) / 2;
  const auto stage = static_cast<uint16_t>(request.attributes.integer("stage"));
  with_index(shape[0] * pairs, [&]<typename Index>() {
    kernel.each(shape[0] * pairs, DrawPair<T, Index, Draw>{stage, shape[1], pairs, draw});
  });
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_RANDOM_CUDA_H_
