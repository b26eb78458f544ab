#include "cpp/runtime/cpu/attention.h"

#include <algorithm>
#include <cstring>

#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia {
namespace {

// Queries whose scores exist at one time.
constexpr int64_t kBlock = 64;

// The gradient holds all scores of one head twice; with more than so many it is left to the
// definition.
constexpr int64_t kMostScores = int64_t{1} << 23;

struct Sizes {
  int64_t rows, heads, n, m, width, value_width;
  double scale;
  bool mask, bias;

  explicit Sizes(const KernelRequest& request)
      : heads(request.attributes.integer("heads")),
        scale(request.attributes.real("scale")),
        mask(request.attributes.integer("mask") != 0),
        bias(request.attributes.integer("bias") != 0) {
    const Shape& q = request.inputs[0].shape;
    rows = q[0];
    n = q[1];
    m = request.inputs[1].shape[1];
    width = q[2] / heads;
    value_width = request.inputs[2].shape[2] / heads;
  }
  int64_t padded() const { return cpu::padded_keys(m); }
  int64_t columns() const { return heads * width; }
  int64_t value_columns() const { return heads * value_width; }
  double products() const {
    return 2.0 * static_cast<double>(rows * heads) * static_cast<double>(n) *
           static_cast<double>(m) * static_cast<double>(width + value_width);
  }
};

// A mask or bias (rows or 1, heads or 1, n or 1, m).
struct ScoreOperand {
  int64_t row = 0, head = 0, query = 0;  // strides

  ScoreOperand() = default;
  explicit ScoreOperand(const Shape& shape) {
    const auto strides = shape.strides();
    row = shape[0] == 1 ? 0 : strides[0];
    head = shape[1] == 1 ? 0 : strides[1];
    query = shape[2] == 1 ? 0 : strides[2];
  }
  template <typename T>
  cpu::ScoreRows<T> at(const void* data, int64_t r, int64_t h, int64_t q) const {
    if (data == nullptr) return {};
    return {static_cast<const T*>(data) + r * row + h * head + q * query, query};
  }
};

template <typename T>
class Product {
 public:
  explicit Product(const cpu::GemmShape& shape) : shape_(shape) {}
  size_t scratch_bytes() const { return cpu::gemm_scratch_bytes<T>(shape_); }
  void run(const T* a, const T* b, T* c, std::byte* scratch) const {
    cpu::gemm_run_tiles(shape_, a, b, c, cpu::GemmEpilogue<T>{}, scratch, 0,
                        cpu::gemm_tiles(shape_));
  }

 private:
  cpu::GemmShape shape_;
};

template <typename T>
size_t aligned(int64_t elements) {
  return (static_cast<size_t>(elements) * sizeof(T) + 63) / 64 * 64;
}

template <typename T>
class AttentionBase : public Kernel {
 public:
  explicit AttentionBase(const KernelRequest& request) : s_(request) {
    if (s_.mask) mask_ = ScoreOperand(request.inputs[3].shape);
    if (s_.bias) bias_ = ScoreOperand(request.inputs[s_.mask ? 4 : 3].shape);
  }

 protected:
  // scores (count, padded) of the queries from `first` on, as weights.
  void weigh(const KernelArguments& arguments, int64_t r, int64_t h, int64_t first, int64_t count,
             T* scores, std::byte* scratch) const {
    const T* q = static_cast<const T*>(arguments.inputs[0]) + (r * s_.n + first) * s_.columns();
    const T* k = static_cast<const T*>(arguments.inputs[1]) + r * s_.m * s_.columns();
    scores_product(count).run(q + h * s_.width, k + h * s_.width, scores, scratch);
    cpu::attention_weights(
        count, s_.m, s_.scale,
        mask_.template at<T>(s_.mask ? arguments.inputs[3] : nullptr, r, h, first),
        bias_.template at<T>(s_.bias ? arguments.inputs[s_.mask ? 4 : 3] : nullptr, r, h, first),
        scores);
  }
  Product<T> scores_product(int64_t count) const {
    return Product<T>({.m = count,
                       .n = s_.m,
                       .k = s_.width,
                       .transpose_b = true,
                       .lda = s_.columns(),
                       .ldb = s_.columns(),
                       .ldc = s_.padded()});
  }

  Sizes s_;
  ScoreOperand mask_;
  ScoreOperand bias_;
};

// A tile is a block of queries of one head.
template <typename T>
class AttentionKernel : public AttentionBase<T> {
 public:
  explicit AttentionKernel(const KernelRequest& request) : AttentionBase<T>(request) {}

  int64_t tiles() const override { return s_.rows * s_.heads * blocks(); }
  double flops() const override { return s_.products(); }
  size_t scratch_bytes() const override {
    const int64_t count = std::min(kBlock, s_.n);
    return aligned<T>(count * s_.padded()) + std::max(this->scores_product(count).scratch_bytes(),
                                                      values_product(count).scratch_bytes());
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    T* scores = reinterpret_cast<T*>(arguments.scratch);
    std::byte* scratch = arguments.scratch + aligned<T>(std::min(kBlock, s_.n) * s_.padded());
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t begin = tile % blocks() * kBlock;
      const int64_t h = tile / blocks() % s_.heads;
      const int64_t r = tile / blocks() / s_.heads;
      const int64_t count = std::min(kBlock, s_.n - begin);
      this->weigh(arguments, r, h, begin, count, scores, scratch);
      const T* v = static_cast<const T*>(arguments.inputs[2]) + r * s_.m * s_.value_columns();
      T* out = static_cast<T*>(arguments.outputs[0]) + (r * s_.n + begin) * s_.value_columns();
      values_product(count).run(scores, v + h * s_.value_width, out + h * s_.value_width, scratch);
    }
  }

 private:
  using AttentionBase<T>::s_;

  int64_t blocks() const { return (s_.n + kBlock - 1) / kBlock; }
  Product<T> values_product(int64_t count) const {
    return Product<T>({.m = count,
                       .n = s_.value_width,
                       .k = s_.m,
                       .lda = s_.padded(),
                       .ldb = s_.value_columns(),
                       .ldc = s_.value_columns()});
  }
};

// A tile is one head of one row.
template <typename T>
class AttentionGradientKernel : public AttentionBase<T> {
 public:
  explicit AttentionGradientKernel(const KernelRequest& request)
      : AttentionBase<T>(request),
        by_weights_({.m = s_.n,
                     .n = s_.m,
                     .k = s_.value_width,
                     .transpose_b = true,
                     .lda = s_.value_columns(),
                     .ldb = s_.value_columns(),
                     .ldc = s_.padded()}),
        by_values_({.m = s_.m,
                    .n = s_.value_width,
                    .k = s_.n,
                    .transpose_a = true,
                    .lda = s_.padded(),
                    .ldb = s_.value_columns(),
                    .ldc = s_.value_columns()}),
        by_queries_({.m = s_.n,
                     .n = s_.width,
                     .k = s_.m,
                     .lda = s_.padded(),
                     .ldb = s_.columns(),
                     .ldc = s_.columns()}),
        by_keys_({.m = s_.m,
                  .n = s_.width,
                  .k = s_.n,
                  .transpose_a = true,
                  .lda = s_.padded(),
                  .ldb = s_.columns(),
                  .ldc = s_.columns()}),
        mask_bytes_(s_.mask ? request.inputs[3].bytes() : 0) {}

  int64_t tiles() const override { return s_.rows * s_.heads; }
  double flops() const override { return 2.5 * s_.products(); }
  size_t scratch_bytes() const override {
    return 2 * aligned<T>(s_.n * s_.padded()) +
           std::max({this->scores_product(s_.n).scratch_bytes(), by_weights_.scratch_bytes(),
                     by_values_.scratch_bytes(), by_queries_.scratch_bytes(),
                     by_keys_.scratch_bytes()});
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    T* weights = reinterpret_cast<T*>(arguments.scratch);
    T* by_scores = reinterpret_cast<T*>(arguments.scratch + aligned<T>(s_.n * s_.padded()));
    std::byte* scratch = arguments.scratch + 2 * aligned<T>(s_.n * s_.padded());
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    const auto output = [&](size_t i) { return static_cast<T*>(arguments.outputs[i]); };
    const T* gradient = input(3 + (s_.mask ? 1 : 0) + (s_.bias ? 1 : 0));
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t r = tile / s_.heads;
      const int64_t h = tile % s_.heads;
      const int64_t queries = r * s_.n * s_.columns() + h * s_.width;
      const int64_t keys = r * s_.m * s_.columns() + h * s_.width;
      const int64_t values = r * s_.m * s_.value_columns() + h * s_.value_width;
      const T* g = gradient + r * s_.n * s_.value_columns() + h * s_.value_width;
      this->weigh(arguments, r, h, 0, s_.n, weights, scratch);
      by_values_.run(weights, g, output(2) + values, scratch);
      by_weights_.run(g, input(2) + values, by_scores, scratch);
      cpu::attention_weights_gradient(s_.n, s_.m, weights, by_scores);
      if (s_.bias) {
        T* out = output(s_.mask ? 4 : 3) + tile * s_.n * s_.m;
        for (int64_t i = 0; i < s_.n; ++i) {
          std::copy_n(by_scores + i * s_.padded(), s_.m, out + i * s_.m);
        }
      }
      const T scale = static_cast<T>(s_.scale);
      for (int64_t i = 0; i < s_.n * s_.padded(); ++i) by_scores[i] *= scale;
      by_queries_.run(by_scores, input(1) + keys, output(0) + queries, scratch);
      by_keys_.run(by_scores, input(0) + queries, output(1) + keys, scratch);
    }
    if (s_.mask && first == 0 && last > 0) std::memset(arguments.outputs[3], 0, mask_bytes_);
  }

 private:
  using AttentionBase<T>::s_;

  Product<T> by_weights_;
  Product<T> by_values_;
  Product<T> by_queries_;
  Product<T> by_keys_;
  size_t mask_bytes_;
};

template <template <typename> class K>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  if (request.inputs[0].dtype == DType::float32) return std::make_unique<K<float>>(request);
  return std::make_unique<K<double>>(request);
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return create_typed<AttentionKernel>(request);
}

std::unique_ptr<Kernel> create_gradient(const KernelRequest& request, std::string* refusal) {
  const Sizes sizes(request);
  if (sizes.n * sizes.m > kMostScores) {
    *refusal = "the scores of a head are too many to hold";
    return nullptr;
  }
  return create_typed<AttentionGradientKernel>(request);
}

}  // namespace

void attention_kernels(KernelTable& table) {
  table.add("attention", {"gemm", create});
  table.add("gradient(attention)", {"gemm", create_gradient});
}

}  // namespace castalia
