#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// A warp has 32 queries of one head, or in the gradient of keys and values 32 keys, of which each
// thread keeps one in registers. The vectors of the others pass through shared memory, so many
// bytes at a time. Heads are padded to Width columns.
constexpr int64_t kAttentionWarp = 32;
constexpr int64_t kAttentionShared = 4096;

struct AttentionSizesOnDevice {
  int64_t rows, heads, n, m, width, value_width;
  double scale;
  int mask = 0;  // which operand it is, 0 for none
  int bias = 0;
  int gradient;                                         // in the gradient of attention
  int64_t mask_row = 0, mask_head = 0, mask_query = 0;  // strides

  explicit AttentionSizesOnDevice(const KernelRequest& request)
      : heads(request.attributes.integer("heads")), scale(request.attributes.real("scale")) {
    const Shape& q = request.inputs[0].shape;
    rows = q[0];
    n = q[1];
    m = request.inputs[1].shape[1];
    width = q[2] / heads;
    value_width = request.inputs[2].shape[2] / heads;
    gradient = 3;
    if (request.attributes.integer("mask") != 0) {
      mask = gradient++;
      const Shape& shape = request.inputs[static_cast<size_t>(mask)].shape;
      const auto strides = shape.strides();
      mask_row = shape[0] == 1 ? 0 : strides[0];
      mask_head = shape[1] == 1 ? 0 : strides[1];
      mask_query = shape[2] == 1 ? 0 : strides[2];
    }
    if (request.attributes.integer("bias") != 0) bias = gradient++;
  }
  int64_t query_warps() const { return (n + kAttentionWarp - 1) / kAttentionWarp; }
  int64_t key_warps() const { return (m + kAttentionWarp - 1) / kAttentionWarp; }
  double products() const {
    return 2.0 * static_cast<double>(rows * heads) * static_cast<double>(n) *
           static_cast<double>(m) * static_cast<double>(width + value_width);
  }
};

// A head of one row: where its vectors and scores begin.
template <typename T>
struct AttentionHead {
  const AttentionSizesOnDevice& s;
  const cuda::Operands& operands;
  int64_t row;
  int64_t head;

  CASTALIA_ANYWHERE AttentionHead(const AttentionSizesOnDevice& s, const cuda::Operands& operands,
                                  int64_t index)
      : s(s), operands(operands), row(index / s.heads), head(index % s.heads) {}

  CASTALIA_ANYWHERE int64_t query(int64_t i) const {
    return ((row * s.n + i) * s.heads + head) * s.width;
  }
  CASTALIA_ANYWHERE int64_t key(int64_t j) const {
    return ((row * s.m + j) * s.heads + head) * s.width;
  }
  CASTALIA_ANYWHERE int64_t value(int64_t j) const {
    return ((row * s.m + j) * s.heads + head) * s.value_width;
  }
  CASTALIA_ANYWHERE int64_t result(int64_t i) const {
    return ((row * s.n + i) * s.heads + head) * s.value_width;
  }
  CASTALIA_ANYWHERE int64_t of_query(int64_t i) const { return (row * s.heads + head) * s.n + i; }
  CASTALIA_ANYWHERE bool visible(int64_t i, int64_t j) const {
    if (s.mask == 0) return true;
    const T* const mask = operands.in<T>(s.mask);
    return mask[row * s.mask_row + head * s.mask_head + i * s.mask_query + j] != 0;
  }
  // From the product of query i and key j.
  CASTALIA_ANYWHERE T score(T product, int64_t i, int64_t j) const {
    const T scaled = product * static_cast<T>(s.scale);
    return s.bias == 0 ? scaled : scaled + operands.in<T>(s.bias)[of_query(i) * s.m + j];
  }
};

// A vector of a head, in registers or in shared memory.
template <typename T, int Width>
struct alignas(16) AttentionVector {
  T elements[Width];

  CASTALIA_ANYWHERE static AttentionVector zero() {
    AttentionVector vector;
    for (int k = 0; k < Width; ++k) vector.elements[k] = 0;
    return vector;
  }
  CASTALIA_ANYWHERE static AttentionVector load(const T* from, int64_t width) {
    AttentionVector vector;
    for (int k = 0; k < Width; ++k) vector.elements[k] = k < width ? from[k] : T(0);
    return vector;
  }
  CASTALIA_ANYWHERE void store(T* to, int64_t width) const {
    for (int k = 0; k < Width; ++k) {
      if (k < width) to[k] = elements[k];
    }
  }
  CASTALIA_ANYWHERE T dot(const AttentionVector& other) const {
    T sum = 0;
    for (int k = 0; k < Width; ++k) sum = std::fma(elements[k], other.elements[k], sum);
    return sum;
  }
  CASTALIA_ANYWHERE void add(T factor, const AttentionVector& other) {
    for (int k = 0; k < Width; ++k) elements[k] = std::fma(factor, other.elements[k], elements[k]);
  }
  CASTALIA_ANYWHERE void multiply(T factor) {
    for (int k = 0; k < Width; ++k) elements[k] *= factor;
  }
};

// Brings `count` vectors of `width` elements, each where place(i) says, to shared memory.
template <typename T, int Width, typename Place>
CASTALIA_ANYWHERE void share_attention_vectors(const cuda::Block& block, const T* from,
                                               int64_t count, int64_t width,
                                               AttentionVector<T, Width>* to, Place place) {
  block.each(count * Width, [&](int64_t number) {
    const int i = static_cast<int>(number) / Width;
    const int k = static_cast<int>(number) % Width;
    to[i].elements[k] = k < width ? from[place(i) + k] : T(0);
  });
}

// The weights of one query so far, relative to its largest score.
template <typename T>
struct AttentionWeights {
  T largest = std::numeric_limits<T>::lowest();
  double sum = 0;

  // What sums of weights so far are to be multiplied by, now that there is this score.
  CASTALIA_ANYWHERE T see(T score) {
    if (!(score > largest)) return 1;
    const T factor = std::exp(largest - score);
    largest = score;
    sum *= static_cast<double>(factor);
    return factor;
  }
  CASTALIA_ANYWHERE T weight(T score) const { return std::exp(score - largest); }
  // 0 for a query that sees nothing.
  CASTALIA_ANYWHERE T inverse_sum() const { return sum == 0 ? T(0) : static_cast<T>(1.0 / sum); }
};

// f(first key, count, keys, values) for all keys of a head in their order, some at a time; all
// threads of the warp call it.
template <typename T, int Width, typename F>
CASTALIA_ANYWHERE void for_each_attention_key(const cuda::Block& block,
                                              const AttentionHead<T>& head, F f) {
  using Vector = AttentionVector<T, Width>;
  constexpr int64_t kKeys = kAttentionShared / (2 * static_cast<int64_t>(sizeof(Vector)));
  Vector* const keys = reinterpret_cast<Vector*>(block.shared);
  Vector* const values = keys + kKeys;
  for (int64_t first = 0; first < head.s.m; first += kKeys) {
    const int64_t count = head.s.m - first < kKeys ? head.s.m - first : kKeys;
    share_attention_vectors(block, head.operands.template in<T>(1), count, head.s.width, keys,
                            [&](int64_t i) { return head.key(first + i); });
    share_attention_vectors(block, head.operands.template in<T>(2), count, head.s.value_width,
                            values, [&](int64_t i) { return head.value(first + i); });
    block.sync();
    f(first, count, keys, values);
    block.sync();
  }
}

template <typename T, int Width>
struct AttentionQueries {
  using Vector = AttentionVector<T, Width>;

  AttentionSizesOnDevice s;
  int64_t warps;  // of a head

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const AttentionHead<T> head(s, operands, block.index / warps);
    const int64_t first = block.index % warps * kAttentionWarp;
    // Every thread goes along, also one without a query of its own.
    for (int64_t lane = block.thread(); lane < kAttentionWarp; lane += block.threads()) {
      const bool has_query = first + lane < s.n;
      const int64_t i = has_query ? first + lane : s.n - 1;
      const Vector query = Vector::load(operands.in<T>(0) + head.query(i), s.width);
      Vector mean = Vector::zero();
      AttentionWeights<T> weights;
      for_each_attention_key<T, Width>(
          block, head, [&](int64_t from, int64_t count, const Vector* keys, const Vector* values) {
            for (int64_t j = 0; j < count; ++j) {
              T weight = 0;
              if (head.visible(i, from + j)) {
                const T score = head.score(query.dot(keys[j]), i, from + j);
                const T factor = weights.see(score);
                if (factor != 1) mean.multiply(factor);
                weight = weights.weight(score);
                weights.sum += static_cast<double>(weight);
              }
              mean.add(weight, values[j]);
            }
          });
      mean.multiply(weights.inverse_sum());
      if (has_query) mean.store(operands.out<T>(0) + head.result(i), s.value_width);
    }
  }
};

// What the gradients need to have the weights of a query again, and the mean of the gradients of
// its weights.
template <typename T>
struct AttentionStatistics {
  T largest;
  T inverse_sum;
  T mean;
};

// The gradients of queries and of the bias; leaves the statistics in scratch.
template <typename T, int Width>
struct AttentionQueryGradients {
  using Vector = AttentionVector<T, Width>;

  AttentionSizesOnDevice s;
  int64_t warps;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const AttentionHead<T> head(s, operands, block.index / warps);
    const int64_t first = block.index % warps * kAttentionWarp;
    for (int64_t lane = block.thread(); lane < kAttentionWarp; lane += block.threads()) {
      const bool has_query = first + lane < s.n;
      const int64_t i = has_query ? first + lane : s.n - 1;
      const Vector query = Vector::load(operands.in<T>(0) + head.query(i), s.width);
      const Vector gradient =
          Vector::load(operands.in<T>(s.gradient) + head.result(i), s.value_width);
      AttentionWeights<T> weights;
      double mean = 0;
      for_each_attention_key<T, Width>(
          block, head, [&](int64_t from, int64_t count, const Vector* keys, const Vector* values) {
            for (int64_t j = 0; j < count; ++j) {
              if (!head.visible(i, from + j)) continue;
              const T score = head.score(query.dot(keys[j]), i, from + j);
              mean *= static_cast<double>(weights.see(score));
              const double weight = static_cast<double>(weights.weight(score));
              weights.sum += weight;
              mean += weight * static_cast<double>(gradient.dot(values[j]));
            }
          });
      const T inverse = weights.inverse_sum();
      const AttentionStatistics<T> statistics{weights.largest, inverse,
                                              static_cast<T>(mean * static_cast<double>(inverse))};
      if (has_query) operands.memory<AttentionStatistics<T>>()[head.of_query(i)] = statistics;
      Vector by_query = Vector::zero();
      for_each_attention_key<T, Width>(
          block, head, [&](int64_t from, int64_t count, const Vector* keys, const Vector* values) {
            for (int64_t j = 0; j < count; ++j) {
              T by_score = 0;
              if (head.visible(i, from + j)) {
                const T score = head.score(query.dot(keys[j]), i, from + j);
                by_score =
                    weights.weight(score) * inverse * (gradient.dot(values[j]) - statistics.mean);
              }
              by_query.add(by_score * static_cast<T>(s.scale), keys[j]);
              if (s.bias != 0 && has_query) {
                operands.out<T>(s.bias)[head.of_query(i) * s.m + from + j] = by_score;
              }
            }
          });
      if (has_query) by_query.store(operands.out<T>(0) + head.query(i), s.width);
    }
  }
};

// The gradients of keys and values.
template <typename T, int Width>
struct AttentionKeyGradients {
  using Vector = AttentionVector<T, Width>;
  static constexpr int64_t kQueries = kAttentionShared / (2 * static_cast<int64_t>(sizeof(Vector)));

  AttentionSizesOnDevice s;
  int64_t warps;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const AttentionHead<T> head(s, operands, block.index / warps);
    const int64_t first = block.index % warps * kAttentionWarp;
    Vector* const queries = reinterpret_cast<Vector*>(block.shared);
    Vector* const gradients = queries + kQueries;
    for (int64_t lane = block.thread(); lane < kAttentionWarp; lane += block.threads()) {
      const bool has_key = first + lane < s.m;
      const int64_t j = has_key ? first + lane : s.m - 1;
      const Vector key = Vector::load(operands.in<T>(1) + head.key(j), s.width);
      const Vector value = Vector::load(operands.in<T>(2) + head.value(j), s.value_width);
      Vector by_key = Vector::zero();
      Vector by_value = Vector::zero();
      for (int64_t from = 0; from < s.n; from += kQueries) {
        const int64_t count = s.n - from < kQueries ? s.n - from : kQueries;
        share_attention_vectors(block, operands.in<T>(0), count, s.width, queries,
                                [&](int64_t i) { return head.query(from + i); });
        share_attention_vectors(block, operands.in<T>(s.gradient), count, s.value_width, gradients,
                                [&](int64_t i) { return head.result(from + i); });
        block.sync();
        for (int64_t i = 0; i < count; ++i) {
          T weight = 0;
          T by_score = 0;
          if (head.visible(from + i, j)) {
            const AttentionStatistics<T> statistics =
                operands.memory<AttentionStatistics<T>>()[head.of_query(from + i)];
            const T score = head.score(queries[i].dot(key), from + i, j);
            weight = std::exp(score - statistics.largest) * statistics.inverse_sum;
            by_score = weight * (gradients[i].dot(value) - statistics.mean);
          }
          by_value.add(weight, gradients[i]);
          by_key.add(by_score * static_cast<T>(s.scale), queries[i]);
        }
        block.sync();
      }
      if (!has_key) continue;
      by_key.store(operands.out<T>(1) + head.key(j), s.width);
      by_value.store(operands.out<T>(2) + head.value(j), s.value_width);
    }
  }
};

template <typename T>
struct AttentionMaskGradient {
  int mask;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    operands.out<T>(mask)[index] = 0;
  }
};

// f.template operator()<T, Width>(), where a kernel holds vectors so wide in registers.
template <typename F>
bool with_attention_width(const KernelRequest& request, const AttentionSizesOnDevice& s, F f) {
  const int64_t width = std::max(s.width, s.value_width);
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    if (width <= 8) {
      f.template operator()<T, 8>();
    } else if (width <= 16) {
      f.template operator()<T, 16>();
    } else if (width <= 32) {
      f.template operator()<T, 32>();
    } else if (sizeof(T) == sizeof(float) && width <= 64) {
      // Named by float, so that none is compiled for double.
      f.template operator()<float, 64>();
    } else {
      return false;
    }
    return true;
  });
}

constexpr const char* kAttentionTooWide = "the columns of a head are too many to hold in registers";

std::unique_ptr<Kernel> make_attention_on_device(const KernelRequest& request,
                                                 std::string* refusal) {
  const AttentionSizesOnDevice s(request);
  auto kernel = cuda::kernel_for("attention", request);
  kernel->set_flops(s.products());
  const int64_t warps = s.query_warps();
  const bool taken = with_attention_width(request, s, [&]<typename T, int Width>() {
    kernel->blocks<32>(s.rows * s.heads * warps, kAttentionShared,
                       AttentionQueries<T, Width>{s, warps});
  });
  if (taken) return kernel;
  *refusal = kAttentionTooWide;
  return nullptr;
}

std::unique_ptr<Kernel> make_attention_gradient_on_device(const KernelRequest& request,
                                                          std::string* refusal) {
  const AttentionSizesOnDevice s(request);
  auto kernel = cuda::kernel_for("gradient(attention)", request);
  kernel->set_flops(3.5 * s.products());
  const bool taken = with_attention_width(request, s, [&]<typename T, int Width>() {
    const int64_t heads = s.rows * s.heads;
    kernel->reserve(static_cast<size_t>(heads * s.n) * sizeof(AttentionStatistics<T>));
    kernel->blocks<32>(heads * s.query_warps(), kAttentionShared,
                       AttentionQueryGradients<T, Width>{s, s.query_warps()});
    kernel->blocks<32>(heads * s.key_warps(), kAttentionShared,
                       AttentionKeyGradients<T, Width>{s, s.key_warps()});
    if (s.mask != 0) {
      kernel->each(request.inputs[static_cast<size_t>(s.mask)].shape.count(),
                   AttentionMaskGradient<T>{s.mask});
    }
  });
  if (taken) return kernel;
  *refusal = kAttentionTooWide;
  return nullptr;
}

}  // namespace

void attention_cuda_kernels(KernelTable& table) {
  table.add("attention", {"cuda", make_attention_on_device});
  table.add("gradient(attention)", {"cuda", make_attention_gradient_on_device});
}

}  // namespace castalia
