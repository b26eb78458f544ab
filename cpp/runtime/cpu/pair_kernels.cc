#include "cpp/runtime/cpu/pair_kernels.h"

#include <array>
#include <bit>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/pair_kernels.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/math.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
bool distances_of_row(T norm, const T* norms, const T* products, T near, size_t count, T* out) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto own = hn::Set(d, norm), two = hn::Set(d, T(2)), share = hn::Set(d, near);
  auto any = hn::FirstN(d, 0);
  size_t j = 0;
  const auto distances = [&] {
    const auto sum = hn::Add(own, hn::LoadU(d, norms + j));
    const auto distance = hn::NegMulAdd(two, hn::LoadU(d, products + j), sum);
    hn::StoreU(distance, d, out + j);
    return hn::Lt(distance, hn::Mul(share, sum));
  };
  for (; j + lanes <= count; j += lanes) any = hn::Or(any, distances());
  if (j < count) any = hn::Or(any, hn::And(hn::FirstN(d, count - j), distances()));
  return !hn::AllFalse(d, any);
}

template <typename T, class Evaluate>
HWY_INLINE KernelSums sum_row(const KernelRow<T>& row, Evaluate evaluate) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto weight = hn::Set(d, row.weight);
  auto sum = hn::Zero(d), square = hn::Zero(d);
  size_t j = 0;
  const auto add = [&](hn::Vec<decltype(d)> k) {
    const auto weighted = hn::Mul(hn::LoadU(d, row.weights + j), k);
    sum = hn::Add(sum, weighted);
    square = hn::MulAdd(weighted, k, square);
    hn::StoreU(hn::MulAdd(weight, k, hn::LoadU(d, row.right + j)), d, row.right + j);
  };
  for (; j + lanes <= row.count; j += lanes) add(evaluate(d, hn::LoadU(d, row.from + j)));
  if (j < row.count) {
    const auto used = hn::FirstN(d, row.count - j);
    add(hn::IfThenElseZero(used, evaluate(d, hn::LoadU(d, row.from + j))));
  }
  return {static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum))),
          static_cast<double>(hn::GetLane(hn::SumOfLanes(d, square)))};
}

template <typename T>
KernelSums sums_of_row(const PairKernel<T>& kernel, const KernelRow<T>& row) {
  const hn::ScalableTag<T> d;
  const auto rate = hn::Set(d, kernel.rate);
  switch (kernel.form) {
    case PairKernel<T>::Form::gaussian: {
      const auto least = hn::Set(d, sizeof(T) == sizeof(float) ? T(-30) : T(-300));
      return sum_row(row, [=](auto tag, auto distance) {
        const auto exponent = hn::Mul(rate, distance);
        return hn::IfThenElseZero(hn::Gt(exponent, least),
                                  exp_of_negative(tag, hn::Max(exponent, least)));
      });
    }
    case PairKernel<T>::Form::energy:
      return sum_row(row, [=](auto, auto distance) { return hn::Mul(rate, hn::Sqrt(distance)); });
    case PairKernel<T>::Form::polynomial: {
      const auto one = hn::Set(d, T(1));
      return sum_row(row, [=, degree = kernel.degree](auto, auto product) {
        const auto base = hn::MulAdd(rate, product, one);
        auto power = base;
        for (int i = 1; i < degree; ++i) power = hn::Mul(power, base);
        return power;
      });
    }
  }
  return {};
}

size_t find_pairs_below(const BoundedRow& row, uint32_t* found) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto two = hn::Set(d, 2.0F), keep = hn::Set(d, row.keep), bound = hn::Set(d, row.bound);
  const auto own = hn::Set(d, row.norm * row.keep);
  size_t count = 0;
  for (size_t j = 0; j < row.count; j += lanes) {
    const auto norms = hn::MulAdd(keep, hn::LoadU(d, row.norms + j), own);
    const auto least = hn::NegMulAdd(two, hn::LoadU(d, row.products + j), norms);
    auto below = hn::Le(least, hn::Max(bound, hn::LoadU(d, row.bounds + j)));
    if (j + lanes > row.count) below = hn::And(below, hn::FirstN(d, row.count - j));
    if (hn::AllFalse(d, below)) continue;
    std::array<uint8_t, 8> bytes{};
    hn::StoreMaskBits(d, below, bytes.data());
    for (auto bits = std::bit_cast<uint64_t>(bytes); bits != 0; bits &= bits - 1) {
      found[count++] = static_cast<uint32_t>(j) + static_cast<uint32_t>(std::countr_zero(bits));
    }
  }
  return count;
}

#define CASTALIA_PAIR_KERNELS(T, suffix)                                                   \
  bool distances_##suffix(T norm, const T* norms, const T* products, T near, size_t count, \
                          T* out) {                                                        \
    return distances_of_row(norm, norms, products, near, count, out);                      \
  }                                                                                        \
  KernelSums sums_##suffix(const PairKernel<T>& kernel, const KernelRow<T>& row) {         \
    return sums_of_row(kernel, row);                                                       \
  }
CASTALIA_PAIR_KERNELS(float, float32)
CASTALIA_PAIR_KERNELS(double, float64)
#undef CASTALIA_PAIR_KERNELS

}  // namespace
}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(distances_float32);
HWY_EXPORT(distances_float64);
HWY_EXPORT(sums_float32);
HWY_EXPORT(sums_float64);
HWY_EXPORT(find_pairs_below);

}  // namespace

#define CASTALIA_PAIR_KERNELS(T, suffix)                                                      \
  template <>                                                                                 \
  bool squared_distances(T norm, const T* norms, const T* products, T near, size_t count,     \
                         T* out) {                                                            \
    ensure_dispatch();                                                                        \
    return HWY_DYNAMIC_DISPATCH(distances_##suffix)(norm, norms, products, near, count, out); \
  }                                                                                           \
  template <>                                                                                 \
  KernelSums add_kernel_row(const PairKernel<T>& kernel, const KernelRow<T>& row) {           \
    ensure_dispatch();                                                                        \
    return HWY_DYNAMIC_DISPATCH(sums_##suffix)(kernel, row);                                  \
  }
CASTALIA_PAIR_KERNELS(float, float32)
CASTALIA_PAIR_KERNELS(double, float64)
#undef CASTALIA_PAIR_KERNELS

size_t pairs_below(const BoundedRow& row, uint32_t* found) {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(find_pairs_below)(row, found);
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
