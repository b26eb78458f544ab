#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/row_blocks_cuda.h"
#include "cpp/ops/softmax_rows_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct LogSumExpRow {
  int64_t columns;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0) + block.index * columns;
    const auto all = cuda::SumOfExponentials<T>::of(block, x, columns);
    if (block.thread() != 0) return;
    operands.out<T>(0)[block.index] = all.shift + std::log(static_cast<T>(all.sum));
  }
};

// With the weights w of x, as softmax has them: g * w.
template <typename T>
struct LogSumExpGradientRow {
  int64_t columns;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0) + block.index * columns;
    T* const out = operands.out<T>(0) + block.index * columns;
    const auto all = cuda::SumOfExponentials<T>::of(block, x, columns);
    const T factor = operands.in<T>(1)[block.index] / static_cast<T>(all.sum);
    block.each(columns, [&](int64_t j) { out[j] = all.weight(x[j]) * factor; });
  }
};

}  // namespace

void logsumexp_cuda_kernels(KernelTable& table) {
  table.add("logsumexp", {"cuda", [](const KernelRequest& request, std::string*) {
                            return cuda::make_rows<LogSumExpRow>("logsumexp", request);
                          }});
  table.add("gradient(logsumexp)", {"cuda", [](const KernelRequest& request, std::string*) {
                                      return cuda::make_rows<LogSumExpGradientRow>(
                                          "gradient(logsumexp)", request);
                                    }});
}

}  // namespace castalia
