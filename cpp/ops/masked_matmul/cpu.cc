#include <algorithm>
#include <optional>
#include <utility>

#include "cpp/base/text.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/masked_matrix.h"
#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/cpu/product_epilogue.h"

namespace castalia {
namespace {

// Rows of x in a tile. For each the chunk's weights are masked again where they are not prepared.
constexpr int64_t kMaskedRows = 256;

constexpr int64_t blocks_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

// Chunks of columns, each a product with as many inputs as one of its columns sees. A tile is some
// rows of a chunk.
template <typename T>
class MaskedMatmulKernel : public Kernel {
 public:
  MaskedMatmulKernel(int64_t rows, MaskedMatrix matrix, bool prepared,
                     std::optional<cpu::ProductEpilogue> epilogue)
      : rows_(rows),
        matrix_(std::move(matrix)),
        prepared_(prepared),
        epilogue_(std::move(epilogue)),
        row_blocks_(blocks_of(rows, kMaskedRows)) {
    for (const MaskedMatrix::Chunk& chunk : matrix_.chunks()) {
      gemm_bytes_ = std::max(gemm_bytes_, cpu::gemm_scratch_bytes<T>(shape(chunk, kMaskedRows)));
      places_.push_back(packed_);
      packed_ += rounded(cpu::gemm_packed_bytes<T>(chunk.depth, chunk.columns()));
    }
  }

  int64_t tiles() const override {
    return static_cast<int64_t>(matrix_.chunks().size()) * row_blocks_;
  }
  size_t scratch_bytes() const override {
    return gemm_bytes_ + masked_bytes() + (epilogue_ ? epilogue_->scratch_bytes() : 0);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(rows_) * matrix_.elements() +
           (epilogue_ ? epilogue_->flops() : 0);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    if (first >= last) return;
    Finish finish{this, arguments.scratch + gemm_bytes_ + masked_bytes(), 0, 0};
    cpu::GemmEpilogue<T> after;
    int output = 0;
    if (epilogue_) {
      output = epilogue_->attach(arguments, finish.scratch, &Finish::piece, &finish, after);
    }
    const T* const bias = after.bias;
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    T* y = static_cast<T*>(arguments.outputs[output]);
    T* masked = reinterpret_cast<T*>(arguments.scratch + gemm_bytes_);
    for (int64_t tile = first; tile < last; ++tile) {
      const auto c = static_cast<size_t>(tile / row_blocks_);
      const MaskedMatrix::Chunk& chunk = matrix_.chunks()[c];
      const int64_t row = tile % row_blocks_ * kMaskedRows;
      const cpu::GemmShape product = shape(chunk, std::min(kMaskedRows, rows_ - row));
      finish.row = row;
      finish.column = chunk.begin;
      if (bias != nullptr) after.bias = bias + chunk.begin;
      T* to = y + row * matrix_.outputs() + chunk.begin;
      const T* from = x + row * matrix_.inputs();
      const int64_t pieces = cpu::gemm_tiles(product);
      if (prepared_) {
        const auto* packed = static_cast<const std::byte*>(arguments.inputs[1]) + places_[c];
        cpu::gemm_run_packed_tiles(product, from, reinterpret_cast<const T*>(packed), to, after,
                                   arguments.scratch, 0, pieces);
      } else {
        if (tile == first || row == 0) {
          matrix_.copy(chunk, static_cast<const T*>(arguments.inputs[1]), masked);
        }
        cpu::gemm_run_tiles(product, from, static_cast<const T*>(masked), to, after,
                            arguments.scratch, 0, pieces);
      }
    }
  }

  std::string prepared_form(int input) const override {
    if (!prepared_ || input != 1) return {};
    return text("masked panels of ", sizeof(T) == 4 ? "float32" : "float64", " ", matrix_.text());
  }
  size_t prepared_bytes(int) const override { return packed_; }
  void prepare(int, const void* operand, std::byte* prepared) const override {
    std::vector<T> masked(static_cast<size_t>(matrix_.largest_chunk()));
    for (size_t c = 0; c < matrix_.chunks().size(); ++c) {
      const MaskedMatrix::Chunk& chunk = matrix_.chunks()[c];
      matrix_.copy(chunk, static_cast<const T*>(operand), masked.data());
      cpu::gemm_pack<T>(chunk.depth, chunk.columns(), masked.data(), false, 0,
                        reinterpret_cast<T*>(prepared + places_[c]));
    }
  }

 private:
  // Hands finished rectangles of a tile on to the epilogue.
  struct Finish {
    const MaskedMatmulKernel* kernel;
    std::byte* scratch;
    int64_t row, column;  // where the tile starts

    static void piece(void* object, int64_t row, int64_t rows, int64_t column, int64_t columns) {
      const auto& self = *static_cast<const Finish*>(object);
      const int64_t width = self.kernel->matrix_.outputs();
      for (int64_t i = self.row + row; i < self.row + row + rows; ++i) {
        self.kernel->epilogue_->finish(self.scratch, i * width + self.column + column, columns);
      }
    }
  };

  static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }
  size_t masked_bytes() const {
    return prepared_ ? 0 : rounded(static_cast<size_t>(matrix_.largest_chunk()) * sizeof(T));
  }
  cpu::GemmShape shape(const MaskedMatrix::Chunk& chunk, int64_t rows) const {
    return {.m = rows,
            .n = chunk.columns(),
            .k = chunk.depth,
            .lda = matrix_.inputs(),
            .ldc = matrix_.outputs()};
  }

  int64_t rows_;
  MaskedMatrix matrix_;
  bool prepared_;
  std::optional<cpu::ProductEpilogue> epilogue_;
  int64_t row_blocks_;
  std::vector<size_t> places_;  // of the chunks' panels in the prepared form
  size_t packed_ = 0;
  size_t gemm_bytes_ = 0;
};

// Inputs x, w and the gradient g of the product; outputs the gradients of x and of w. Chunks of
// columns of w's gradient are tiles, then rows of chunks of columns of x's.
template <typename T>
class MaskedMatmulGradientKernel : public Kernel {
 public:
  MaskedMatmulGradientKernel(int64_t rows, MaskedMatrix matrix)
      : rows_(rows),
        matrix_(std::move(matrix)),
        row_blocks_(blocks_of(rows, kGradientRows)),
        input_chunks_(blocks_of(matrix_.inputs(), kGradientInputs)) {
    for (const MaskedMatrix::Chunk& chunk : matrix_.chunks()) {
      gemm_bytes_ = std::max(gemm_bytes_, cpu::gemm_scratch_bytes<T>(weight_shape(chunk)));
    }
    for (int64_t c = 0; c < input_chunks_; ++c) {
      const Inputs in = inputs_of(c);
      gemm_bytes_ =
          std::max(gemm_bytes_, cpu::gemm_scratch_bytes<T>(input_shape(in, kGradientRows)));
      masked_ = std::max(masked_, (in.end - in.begin) * (matrix_.outputs() - in.first_output));
    }
  }

  int64_t tiles() const override {
    return static_cast<int64_t>(matrix_.chunks().size()) + input_chunks_ * row_blocks_;
  }
  size_t scratch_bytes() const override {
    return gemm_bytes_ + static_cast<size_t>(masked_) * sizeof(T);
  }
  double flops() const override { return 4.0 * static_cast<double>(rows_) * matrix_.elements(); }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const auto chunks = static_cast<int64_t>(matrix_.chunks().size());
    for (int64_t tile = first; tile < last; ++tile) {
      if (tile < chunks) {
        weight_gradient(arguments, matrix_.chunks()[static_cast<size_t>(tile)]);
      } else {
        const int64_t at = tile - chunks;
        input_gradient(arguments, inputs_of(at / row_blocks_), at % row_blocks_ * kGradientRows,
                       tile == first || at % row_blocks_ == 0);
      }
    }
  }

 private:
  // Enough rows that masking the weights again for each tile costs little.
  static constexpr int64_t kGradientRows = 1024;
  static constexpr int64_t kGradientInputs = 64;

  // Some of the inputs, and the first output that sees one of them.
  struct Inputs {
    int64_t begin, end, first_output;
  };
  Inputs inputs_of(int64_t chunk) const {
    const int64_t begin = chunk * kGradientInputs;
    return {begin, std::min(matrix_.inputs(), begin + kGradientInputs),
            matrix_.first_output_of(begin)};
  }

  cpu::GemmShape weight_shape(const MaskedMatrix::Chunk& chunk) const {
    return {.m = chunk.depth,
            .n = chunk.columns(),
            .k = rows_,
            .transpose_a = true,
            .lda = matrix_.inputs(),
            .ldb = matrix_.outputs(),
            .ldc = matrix_.outputs()};
  }
  cpu::GemmShape input_shape(const Inputs& in, int64_t rows) const {
    return {.m = rows,
            .n = in.end - in.begin,
            .k = matrix_.outputs() - in.first_output,
            .transpose_b = true,
            .lda = matrix_.outputs(),
            .ldc = matrix_.inputs()};
  }

  void weight_gradient(const KernelArguments& arguments, const MaskedMatrix::Chunk& chunk) const {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* g = static_cast<const T*>(arguments.inputs[2]) + chunk.begin;
    T* out = static_cast<T*>(arguments.outputs[1]) + chunk.begin;
    const cpu::GemmShape shape = weight_shape(chunk);
    cpu::gemm_run_tiles<T>(shape, x, g, out, {}, arguments.scratch, 0, cpu::gemm_tiles(shape));
    matrix_.clear(chunk, out, matrix_.outputs(), matrix_.inputs());
  }

  void input_gradient(const KernelArguments& arguments, const Inputs& in, int64_t row,
                      bool copy) const {
    T* masked = reinterpret_cast<T*>(arguments.scratch + gemm_bytes_);
    if (copy) {
      matrix_.copy_rows(in.begin, in.end, in.first_output,
                        static_cast<const T*>(arguments.inputs[1]), masked);
    }
    const cpu::GemmShape shape = input_shape(in, std::min(kGradientRows, rows_ - row));
    const T* g =
        static_cast<const T*>(arguments.inputs[2]) + row * matrix_.outputs() + in.first_output;
    T* out = static_cast<T*>(arguments.outputs[0]) + row * matrix_.inputs() + in.begin;
    cpu::gemm_run_tiles<T>(shape, g, static_cast<const T*>(masked), out, {}, arguments.scratch, 0,
                           cpu::gemm_tiles(shape));
  }

  int64_t rows_;
  MaskedMatrix matrix_;
  int64_t row_blocks_;
  int64_t input_chunks_;
  int64_t masked_ = 0;  // elements of a chunk of inputs' weights
  size_t gemm_bytes_ = 0;
};

MaskedMatrix masked_matrix(const KernelRequest& request) {
  const Shape& w = request.inputs[1].shape;
  return MaskedMatrix(w[0], w[1], request.attributes.integers("reach"));
}

std::unique_ptr<Kernel> make_masked_matmul(const KernelRequest& request,
                                           const FusedProgram* epilogue) {
  const int64_t rows = request.inputs[0].shape[0];
  const Shape& w = request.inputs[1].shape;
  const bool prepared = request.fixed.size() > 1 && request.fixed[1] && w[0] > 0 && w[1] > 0;
  std::optional<cpu::ProductEpilogue> after;
  if (epilogue != nullptr) {
    after.emplace(*epilogue, w[1], 2, cpu::ProductEpilogue::InRegisters::bias_and_rectifier);
  }
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MaskedMatmulKernel<float>>(rows, masked_matrix(request), prepared,
                                                       std::move(after));
  }
  return std::make_unique<MaskedMatmulKernel<double>>(rows, masked_matrix(request), prepared,
                                                      std::move(after));
}

std::unique_ptr<Kernel> make_masked_matmul_gradient(const KernelRequest& request) {
  const int64_t rows = request.inputs[0].shape[0];
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MaskedMatmulGradientKernel<float>>(rows, masked_matrix(request));
  }
  return std::make_unique<MaskedMatmulGradientKernel<double>>(rows, masked_matrix(request));
}

}  // namespace

void masked_matmul_kernels(KernelTable& table) {
  table.add("masked_matmul", {"highway",
                              [](const KernelRequest& request, std::string*) {
                                return make_masked_matmul(request, nullptr);
                              },
                              [](const KernelRequest& request, const FusedProgram& epilogue) {
                                return make_masked_matmul(request, &epilogue);
                              }});
  table.add("gradient(masked_matmul)", {"highway", [](const KernelRequest& request, std::string*) {
                                          return make_masked_matmul_gradient(request);
                                        }});
}

}  // namespace castalia
