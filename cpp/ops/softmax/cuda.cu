#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/row_blocks_cuda.h"
#include "cpp/ops/softmax_rows_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct SoftmaxRow {
  int64_t columns;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0) + block.index * columns;
    T* const out = operands.out<T>(0) + block.index * columns;
    const auto all = cuda::SumOfExponentials<T>::of(block, x, columns);
    const T sum = static_cast<T>(all.sum);
    block.each(columns, [&](int64_t j) { out[j] = all.weight(x[j]) / sum; });
  }
};

// With the weights w of x: w * (g - sum of w * g).
template <typename T>
struct SoftmaxGradientRow {
  int64_t columns;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const T* const x = operands.in<T>(0) + block.index * columns;
    const T* const g = operands.in<T>(1) + block.index * columns;
    T* const out = operands.out<T>(0) + block.index * columns;
    const auto all = cuda::SumOfExponentials<T>::of(block, x, columns);
    const T sum = static_cast<T>(all.sum);
    double mean = 0;
    block.each(columns, [&](int64_t j) {
      mean += static_cast<double>(all.weight(x[j]) / sum) * static_cast<double>(g[j]);
    });
    mean = block.reduce(mean, [](double a, double b) { return a + b; });
    block.each(columns, [&](int64_t j) {
      out[j] = all.weight(x[j]) / sum * static_cast<T>(static_cast<double>(g[j]) - mean);
    });
  }
};

}  // namespace

void softmax_cuda_kernels(KernelTable& table) {
  table.add("softmax", {"cuda", [](const KernelRequest& request, std::string*) {
                          return cuda::make_rows<SoftmaxRow>("softmax", request);
                        }});
  table.add("gradient(softmax)", {"cuda", [](const KernelRequest& request, std::string*) {
                                    return cuda::make_rows<SoftmaxGradientRow>("gradient(softmax)",
                                                                               request);
                                  }});
}

}  // namespace castalia
