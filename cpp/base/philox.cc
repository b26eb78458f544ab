#include "cpp/base/philox.h"

#include <numeric>
#include <utility>

#include "cpp/base/status.h"

namespace castalia {
namespace {

// Calls transform(bits) for each feature of a row; a block of two is computed once.
template <typename T, typename Transform>
void fill(const Stream& stream, std::span<T> out, uint32_t first, Transform transform) {
  std::array<uint64_t, 2> pair{};
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t feature = first + static_cast<uint32_t>(i);
    if (i == 0 || feature % 2 == 0) pair = block_of_bits(stream, feature / 2);
    out[i] = transform(pair[feature % 2]);
  }
}

constexpr int64_t kLargestPermutation = int64_t{1} << 32;

}  // namespace

void fill_uniform(const Stream& stream, std::span<double> out, uint32_t first) {
  fill(stream, out, first, [](uint64_t random) { return uniform(random); });
}

void fill_uniform(const Stream& stream, std::span<float> out, uint32_t first) {
  fill(stream, out, first, [](uint64_t random) { return uniform_as<float>(uniform(random)); });
}

void fill_normal(const Stream& stream, std::span<double> out, uint32_t first) {
  fill(stream, out, first, [](uint64_t random) { return normal_quantile(uniform(random)); });
}

void fill_normal(const Stream& stream, std::span<float> out, uint32_t first) {
  fill(stream, out, first,
       [](uint64_t random) { return static_cast<float>(normal_quantile(uniform(random))); });
}

void permute(uint64_t seed, uint16_t stage, uint64_t round, std::span<int64_t> order) {
  const auto n = static_cast<int64_t>(order.size());
  check(n <= kLargestPermutation, "a permutation of ", n, " elements");
  std::iota(order.begin(), order.end(), int64_t{0});
  const Stream stream{seed, round, stage, 0};
  std::array<uint64_t, 2> pair{};
  for (int64_t i = 0; i < n; ++i) {
    if (i % 2 == 0) pair = block_of_bits(stream, static_cast<uint32_t>(i / 2));
    const uint64_t left = static_cast<uint64_t>(n - i);
    const uint64_t step = draw_below(left, stream, static_cast<uint32_t>(i), pair[i % 2]);
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(i) + step]);
  }
}

std::vector<int64_t> permutation(uint64_t seed, uint16_t stage, int64_t n, uint64_t round) {
  if (n < 0 || n > kLargestPermutation) {
    fail(Code::out_of_range, "a permutation of ", n, " elements; allowed: 0 to ",
         kLargestPermutation);
  }
  std::vector<int64_t> order(static_cast<size_t>(n));
  permute(seed, stage, round, order);
  return order;
}

}  // namespace castalia
