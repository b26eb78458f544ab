#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/indices_cuda.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

template <typename W, typename I, typename Index>
struct EmbeddingWord {
  int64_t entries;
  int64_t row_words;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const auto row = static_cast<Index>(index) / static_cast<Index>(row_words);
    const int64_t k = static_cast<Index>(index) % static_cast<Index>(row_words);
    const int64_t entry = operands.in<I>(1)[row];
    W word;
    if (entry >= 0 && entry < entries) {
      word = cuda::load_word<W>(operands.inputs[0], entry * row_words + k);
    }
    operands.out<W>(0)[index] = word;
  }
};

std::unique_ptr<Kernel> make_embedding_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("embedding", request);
  const TensorType& table = request.inputs[0];
  const int64_t row_bytes =
      table.shape.count(1, table.shape.rank()) * static_cast<int64_t>(size_of(table.dtype));
  const int64_t rows = request.inputs[1].shape.count();
  cuda::with_word({row_bytes}, [&]<typename W>() {
    const int64_t row_words = row_bytes / static_cast<int64_t>(sizeof(W));
    cuda::with_index_type(request.inputs[1].dtype, [&]<typename I>() {
      cuda::with_index(rows * row_words, [&]<typename Index>() {
        kernel->each(rows * row_words, EmbeddingWord<W, I, Index>{table.shape[0], row_words});
      });
    });
  });
  return kernel;
}

}  // namespace

void embedding_cuda_kernels(KernelTable& table) {
  table.add("embedding", {"cuda", make_embedding_on_device});
}

}  // namespace castalia
