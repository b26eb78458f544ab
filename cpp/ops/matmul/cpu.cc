#include <algorithm>
#include <optional>
#include <utility>

#include "cpp/base/text.h"
#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/bfloat16.h"
#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/cpu/onednn_gemm.h"
#include "cpp/runtime/cpu/product_epilogue.h"

namespace castalia {
namespace {

// Products that are too small to be cut are computed several to a tile: about this many
// multiply-adds.
constexpr double kTileWork = 1 << 20;

// Of products that are less deep, what follows takes most of the time, and it is faster with whole
// rows than in registers.
constexpr int64_t kStepDepth = 64;

Shape leading_axes(const Shape& shape) {
  return Shape(std::span<const int64_t>(shape.begin(), static_cast<size_t>(shape.rank() - 2)));
}

// One product for each index of the leading axes, over which either operand may be broadcast.
struct MatmulBatch {
  Shape lead;
  std::array<int64_t, Shape::kMaxRank> a{};  // distances in elements
  std::array<int64_t, Shape::kMaxRank> b{};

  MatmulBatch(const Shape& a_shape, const Shape& b_shape, const Shape& out)
      : lead(leading_axes(out)), a(distances(a_shape)), b(distances(b_shape)) {}

  struct Offsets {
    int64_t a = 0, b = 0;
  };
  Offsets offsets(int64_t item) const {
    Offsets offsets;
    for (int axis = lead.rank() - 1; axis >= 0; --axis) {
      const auto i = static_cast<size_t>(axis);
      offsets.a += item % lead[axis] * a[i];
      offsets.b += item % lead[axis] * b[i];
      item /= lead[axis];
    }
    return offsets;
  }

 private:
  std::array<int64_t, Shape::kMaxRank> distances(const Shape& shape) const {
    auto steps = broadcast_strides(leading_axes(shape), lead);
    for (int64_t& step : steps) step *= shape[shape.rank() - 2] * shape.back();
    return steps;
  }
};

template <typename T>
class MatmulKernel : public Kernel {
 public:
  // With `prepared` the second operand comes in the form that prepare() writes.
  MatmulKernel(const cpu::GemmShape& shape, const MatmulBatch& batch, bool prepared,
               std::optional<cpu::ProductEpilogue> epilogue)
      : shape_(shape),
        batch_(batch),
        prepared_(prepared),
        epilogue_(std::move(epilogue)),
        items_(batch.lead.count()),
        item_tiles_(cpu::gemm_tiles(shape)) {
    const double work = std::max(1.0, 0.5 * product_flops());
    if (item_tiles_ == 1) {
      together_ = std::clamp<int64_t>(static_cast<int64_t>(kTileWork / work), 1,
                                      std::max<int64_t>(items_, 1));
    }
  }

  int64_t tiles() const override {
    return item_tiles_ == 1 ? (items_ + together_ - 1) / together_ : items_ * item_tiles_;
  }

  size_t scratch_bytes() const override {
    return cpu::gemm_scratch_bytes<T>(shape_) + (epilogue_ ? epilogue_->scratch_bytes() : 0);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    if (first >= last) return;
    Finish finish{this, arguments.scratch + cpu::gemm_scratch_bytes<T>(shape_), 0};
    cpu::GemmEpilogue<T> after;
    int output = 0;
    if (epilogue_) {
      output = epilogue_->attach(arguments, finish.scratch, &Finish::piece, &finish, after);
    }
    // The items that these tiles are part of, and which of an item's own tiles.
    const int64_t first_item = item_tiles_ == 1 ? first * together_ : first / item_tiles_;
    const int64_t end_item = item_tiles_ == 1 ? std::min(items_, last * together_)
                                              : (last + item_tiles_ - 1) / item_tiles_;
    const T* a = static_cast<const T*>(arguments.inputs[0]);
    const T* b = static_cast<const T*>(arguments.inputs[1]);
    T* c = static_cast<T*>(arguments.outputs[output]);
    for (int64_t item = first_item; item < end_item; ++item) {
      const int64_t begin = item_tiles_ == 1 ? 0 : std::max<int64_t>(first - item * item_tiles_, 0);
      const int64_t end = item_tiles_ == 1 ? 1 : std::min(last - item * item_tiles_, item_tiles_);
      const MatmulBatch::Offsets at = batch_.offsets(item);
      finish.base = item * shape_.m * shape_.n;
      after.first_row = item * shape_.m;
      if (prepared_) {
        cpu::gemm_run_packed_tiles(shape_, a + at.a, b, c + finish.base, after, arguments.scratch,
                                   begin, end);
      } else {
        cpu::gemm_run_tiles(shape_, a + at.a, b + at.b, c + finish.base, after, arguments.scratch,
                            begin, end);
      }
    }
  }

  double flops() const override {
    return static_cast<double>(items_) * product_flops() + (epilogue_ ? epilogue_->flops() : 0);
  }

  std::string prepared_form(int input) const override {
    if (!prepared_ || input != 1) return {};
    return text("panels of ", sizeof(T) == 4 ? "float32" : "float64", " ", shape_.k, " x ",
                shape_.n, shape_.transpose_b ? " transposed" : "");
  }
  size_t prepared_bytes(int) const override {
    return cpu::gemm_packed_bytes<T>(shape_.k, shape_.n);
  }
  void prepare(int, const void* operand, std::byte* prepared) const override {
    cpu::gemm_pack(shape_.k, shape_.n, static_cast<const T*>(operand), shape_.transpose_b, 0,
                   reinterpret_cast<T*>(prepared));
  }

 private:
  // Hands finished rectangles of one item on to the epilogue.
  struct Finish {
    const MatmulKernel* kernel;
    std::byte* scratch;
    int64_t base;  // of the item in the result

    static void piece(void* object, int64_t row, int64_t rows, int64_t column, int64_t columns) {
      const auto& self = *static_cast<const Finish*>(object);
      const cpu::ProductEpilogue& epilogue = *self.kernel->epilogue_;
      const int64_t n = self.kernel->shape_.n;
      if (columns == n) {
        epilogue.finish(self.scratch, self.base + row * n, rows * n);
        return;
      }
      for (int64_t i = row; i < row + rows; ++i) {
        epilogue.finish(self.scratch, self.base + i * n + column, columns);
      }
    }
  };

  double product_flops() const {
    return 2.0 * static_cast<double>(shape_.m) * static_cast<double>(shape_.n) *
           static_cast<double>(shape_.k);
  }

  cpu::GemmShape shape_;
  MatmulBatch batch_;
  bool prepared_;
  std::optional<cpu::ProductEpilogue> epilogue_;
  int64_t items_;
  int64_t item_tiles_;
  int64_t together_ = 1;
};

cpu::GemmShape gemm_shape(const KernelRequest& request) {
  const bool transpose_a = request.attributes.integer("transpose_a") != 0;
  const Shape& a = request.inputs[0].shape;
  const Shape& out = request.outputs[0].shape;
  return {.m = out[out.rank() - 2],
          .n = out.back(),
          .k = a[a.rank() - (transpose_a ? 2 : 1)],
          .transpose_a = transpose_a,
          .transpose_b = request.attributes.integer("transpose_b") != 0};
}

std::unique_ptr<Kernel> make_highway(const KernelRequest& request, const FusedProgram* epilogue) {
  const cpu::GemmShape shape = gemm_shape(request);
  const MatmulBatch batch(request.inputs[0].shape, request.inputs[1].shape,
                          request.outputs[0].shape);
  const bool prepared = request.fixed.size() > 1 && request.fixed[1] &&
                        request.inputs[1].shape.rank() == 2 && shape.n > 0 && shape.k > 0;
  std::optional<cpu::ProductEpilogue> after;
  if (epilogue != nullptr) {
    using InRegisters = cpu::ProductEpilogue::InRegisters;
    after.emplace(*epilogue, shape.n, 2,
                  shape.k >= kStepDepth ? InRegisters::row_steps : InRegisters::bias_and_rectifier);
  }
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<MatmulKernel<float>>(shape, batch, prepared, std::move(after));
  }
  return std::make_unique<MatmulKernel<double>>(shape, batch, prepared, std::move(after));
}

// Whether the request is for operands that are rounded to bfloat16.
bool rounds(const KernelRequest& request) {
  return request.products != Products::float32 && request.inputs[0].dtype == DType::float32;
}

// The float product of operands that were rounded to bfloat16, whose products are exact. What is
// rounded is copied, so it is slower than the float product: a measure of the loss, and the kernel
// of shapes that oneDNN is not asked for.
class RoundedMatmulKernel : public Kernel {
 public:
  RoundedMatmulKernel(const cpu::GemmShape& shape, const MatmulBatch& batch)
      : shape_(shape),
        batch_(batch),
        items_(batch.lead.count()),
        item_tiles_(cpu::gemm_tiles(shape)) {}

  int64_t tiles() const override { return items_ * item_tiles_; }
  size_t scratch_bytes() const override {
    return cpu::gemm_scratch_bytes<float>(shape_) + bytes(shape_.m * shape_.k) +
           bytes(shape_.k * shape_.n);
  }
  double flops() const override {
    return 2.0 * static_cast<double>(items_ * shape_.m) * static_cast<double>(shape_.n * shape_.k);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const auto* a = static_cast<const float*>(arguments.inputs[0]);
    const auto* b = static_cast<const float*>(arguments.inputs[1]);
    auto* c = static_cast<float*>(arguments.outputs[0]);
    std::byte* const place = arguments.scratch + cpu::gemm_scratch_bytes<float>(shape_);
    auto* const rounded_a = reinterpret_cast<float*>(place);
    auto* const rounded_b = reinterpret_cast<float*>(place + bytes(shape_.m * shape_.k));
    while (first < last) {
      const int64_t item = first / item_tiles_;
      const int64_t begin = first - item * item_tiles_;
      const int64_t end = std::min(item_tiles_, begin + last - first);
      const MatmulBatch::Offsets at = batch_.offsets(item);
      std::transform(a + at.a, a + at.a + shape_.m * shape_.k, rounded_a, cpu::rounded_to_bfloat16);
      std::transform(b + at.b, b + at.b + shape_.k * shape_.n, rounded_b, cpu::rounded_to_bfloat16);
      cpu::gemm_run_tiles<float>(shape_, rounded_a, rounded_b, c + item * shape_.m * shape_.n, {},
                                 arguments.scratch, begin, end);
      first += end - begin;
    }
  }

 private:
  static size_t bytes(int64_t elements) {
    return (static_cast<size_t>(elements) * sizeof(float) + 63) / 64 * 64;
  }

  cpu::GemmShape shape_;
  MatmulBatch batch_;
  int64_t items_;
  int64_t item_tiles_;
};

std::unique_ptr<Kernel> create_rounded(const KernelRequest& request, std::string* refusal) {
  if (!rounds(request)) {
    *refusal = "products in bfloat16 are not asked for";
    return nullptr;
  }
  return std::make_unique<RoundedMatmulKernel>(
      gemm_shape(request),
      MatmulBatch(request.inputs[0].shape, request.inputs[1].shape, request.outputs[0].shape));
}

// oneDNN's product of bfloat16 operands. The second one is rounded once where it is fixed.
class OnednnRoundedKernel : public Kernel {
 public:
  OnednnRoundedKernel(std::unique_ptr<cpu::OnednnGemm> gemm, const cpu::GemmShape& shape,
                      bool prepared)
      : gemm_(std::move(gemm)), shape_(shape), prepared_(prepared) {}

  int64_t tiles() const override { return gemm_->tiles(); }
  size_t scratch_bytes() const override {
    return onednn_bytes() + (prepared_ ? 0 : prepared_bytes(1));
  }
  double flops() const override {
    return 2.0 * static_cast<double>(shape_.m) * static_cast<double>(shape_.n * shape_.k);
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const void* b = arguments.inputs[1];
    if (!prepared_) {
      prepare(1, b, arguments.scratch + onednn_bytes());
      b = arguments.scratch + onednn_bytes();
    }
    gemm_->run(static_cast<const float*>(arguments.inputs[0]), b, nullptr,
               static_cast<float*>(arguments.outputs[0]), arguments.scratch, first, last);
  }

  std::string prepared_form(int input) const override {
    if (!prepared_ || input != 1) return {};
    return text("bfloat16 ", shape_.k, " x ", shape_.n);
  }
  size_t prepared_bytes(int) const override {
    return static_cast<size_t>(shape_.k * shape_.n) * sizeof(cpu::Bfloat16);
  }
  void prepare(int, const void* operand, std::byte* prepared) const override {
    const auto* values = static_cast<const float*>(operand);
    std::transform(values, values + shape_.k * shape_.n, reinterpret_cast<cpu::Bfloat16*>(prepared),
                   cpu::to_bfloat16);
  }

 private:
  size_t onednn_bytes() const { return (gemm_->scratch_bytes() + 63) / 64 * 64; }

  std::unique_ptr<cpu::OnednnGemm> gemm_;
  cpu::GemmShape shape_;
  bool prepared_;
};

class OnednnKernel : public Kernel {
 public:
  OnednnKernel(std::unique_ptr<cpu::OnednnGemm> gemm, double flops)
      : gemm_(std::move(gemm)), flops_(flops) {}

  int64_t tiles() const override { return gemm_->tiles(); }
  size_t scratch_bytes() const override { return gemm_->scratch_bytes(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    gemm_->run(static_cast<const float*>(arguments.inputs[0]),
               static_cast<const float*>(arguments.inputs[1]), nullptr,
               static_cast<float*>(arguments.outputs[0]), arguments.scratch, first, last);
  }
  double flops() const override { return flops_; }

 private:
  std::unique_ptr<cpu::OnednnGemm> gemm_;
  double flops_;
};

// Never from the number of threads: it decides the order of additions on some processors.
constexpr int64_t kOnednnTileRows = 128;

std::unique_ptr<Kernel> create_onednn(const KernelRequest& request, std::string* refusal) {
  if (request.inputs[0].dtype != DType::float32) {
    *refusal = "oneDNN has no float64 products";
    return nullptr;
  }
  if (rounds(request)) {
    *refusal = "products in bfloat16 are asked for";
    return nullptr;
  }
  if (request.rows_independent) {
    *refusal = "the bits of a row depend on its place in the tile";
    return nullptr;
  }
  if (request.outputs[0].shape.rank() != 2) {
    *refusal = "takes one product, not a batch of them";
    return nullptr;
  }
  const cpu::GemmShape shape = gemm_shape(request);
  auto gemm = cpu::OnednnGemm::create(shape, kOnednnTileRows, false, false, refusal);
  if (!gemm) return nullptr;
  const double flops = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
                       static_cast<double>(shape.k);
  return std::make_unique<OnednnKernel>(std::move(gemm), flops);
}

std::unique_ptr<Kernel> create_onednn_rounded(const KernelRequest& request, std::string* refusal) {
  if (!rounds(request) || request.products != Products::bfloat16) {
    *refusal = "the processor's products in bfloat16 are not asked for";
    return nullptr;
  }
  if (request.outputs[0].shape.rank() != 2) {
    *refusal = "takes one product, not a batch of them";
    return nullptr;
  }
  const cpu::GemmShape shape = gemm_shape(request);
  auto gemm = cpu::OnednnGemm::create(shape, kOnednnTileRows, false, false, refusal,
                                      cpu::OnednnOperands::bfloat16);
  if (!gemm) return nullptr;
  const bool prepared = request.fixed.size() > 1 && request.fixed[1];
  return std::make_unique<OnednnRoundedKernel>(std::move(gemm), shape, prepared);
}

}  // namespace

// Products in bfloat16 come first, and take only what asks for them. In float our own kernel does:
// on AVX2 it was as fast or faster at all sizes of this library's networks, and its rows are
// independent.
void matmul_kernels(KernelTable& table) {
  table.add("matmul", {"onednn bf16", create_onednn_rounded});
  table.add("matmul", {"bf16 emulated", create_rounded});
  table.add("matmul", {"highway",
                       [](const KernelRequest& request, std::string* refusal) {
                         if (rounds(request)) {
                           *refusal = "products in bfloat16 are asked for";
                           return std::unique_ptr<Kernel>();
                         }
                         return make_highway(request, nullptr);
                       },
                       [](const KernelRequest& request, const FusedProgram& epilogue) {
                         return make_highway(request, &epilogue);
                       }});
  table.add("matmul", {"onednn", create_onednn});
}

}  // namespace castalia
