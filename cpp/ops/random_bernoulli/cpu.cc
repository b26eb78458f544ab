#include <span>

#include "cpp/base/philox.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/random_kernel.h"

namespace castalia {
namespace {

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.outputs[0].shape;
  const int64_t features = shape[1];
  return make_random_kernel(
      request, shape[0], features * static_cast<int64_t>(sizeof(T)),
      [features](const KernelArguments& arguments, int64_t row, const Stream& stream) {
        const T* probability = static_cast<const T*>(arguments.inputs[2]) + row * features;
        T* out = static_cast<T*>(arguments.outputs[0]) + row * features;
        constexpr int64_t kChunk = 64;
        double draws[kChunk];
        for (int64_t begin = 0; begin < features; begin += kChunk) {
          const int64_t count = std::min(kChunk, features - begin);
          fill_uniform(stream, std::span(draws, static_cast<size_t>(count)),
                       static_cast<uint32_t>(begin));
          for (int64_t j = 0; j < count; ++j) {
            out[begin + j] = draws[j] < static_cast<double>(probability[begin + j]) ? T{1} : T{0};
          }
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.outputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                    : create_typed<double>(request);
}

}  // namespace

void random_bernoulli_kernels(KernelTable& table) {
  table.add("random_bernoulli", {"philox", create});
}

}  // namespace castalia
