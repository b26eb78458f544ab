#include "cpp/base/philox.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpp/base/normal_quantile.h"
#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // the golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1
constexpr int kRounds = 10;

std::array<uint64_t, 2> block(const Stream& stream, uint32_t index) {
  const std::array<uint32_t, 2> key{static_cast<uint32_t>(stream.seed),
                                    static_cast<uint32_t>(stream.seed >> 32)};
  const std::array<uint32_t, 4> counter{
      static_cast<uint32_t>(stream.event), static_cast<uint32_t>(stream.event >> 32),
      stream.stage | static_cast<uint32_t>(stream.particle) << 16, index};
  const std::array<uint32_t, 4> w = philox(key, counter);
  return {w[0] | static_cast<uint64_t>(w[1]) << 32, w[2] | static_cast<uint64_t>(w[3]) << 32};
}

// Calls transform(bits) for each feature of a row; a block of two is computed once.
template <typename T, typename Transform>
void fill(const Stream& stream, std::span<T> out, uint32_t first, Transform transform) {
  std::array<uint64_t, 2> pair{};
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t feature = first + static_cast<uint32_t>(i);
    if (i == 0 || feature % 2 == 0) pair = block(stream, feature / 2);
    out[i] = transform(pair[feature % 2]);
  }
}

float uniform_float(uint64_t bits) {
  constexpr float kLargestBelowOne = 0x1.fffffep-1f;
  return std::min(static_cast<float>(uniform(bits)), kLargestBelowOne);
}

// Horner's rule; coefficients from the highest power down.
double polynomial(std::span<const double> coefficients, double x) {
  double sum = coefficients[0];
  for (const double c : coefficients.subspan(1)) sum = std::fma(sum, x, c);
  return sum;
}

// AS 241: a quotient of two polynomials of degree 7 in each of three regions; this is the farthest.
constexpr double kFarNumerator[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                    1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                    2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                    5.46378491116411436990e+0, 6.65790464350110377720e+0};
constexpr double kFarDenominator[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                      1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                      1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                      5.99832206555887937690e-1,  1.0};

// A number in [0, bound), unbiased: Lemire's multiplication, with rejection of the few products
// that would make some results likelier (arXiv:1805.10941).
uint64_t below(uint64_t bound, Stream stream, uint32_t feature, uint64_t first_bits) {
  uint64_t random = first_bits;
  for (;;) {
    const unsigned __int128 product = static_cast<unsigned __int128>(random) * bound;
    const uint64_t low = static_cast<uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
    ++stream.particle;
    random = bits(stream, feature);
  }
}

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 2> key, std::array<uint32_t, 4> counter) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * counter[0];
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

uint64_t bits(const Stream& stream, uint32_t feature) {
  return block(stream, feature / 2)[feature % 2];
}

double uniform(uint64_t bits) {
  // 52 random bits and a one below them: 53 bits in all, exact in a double.
  return static_cast<double>((bits >> 11) | 1) * 0x1p-53;
}

double normal_quantile(double u) {
  const double q = u - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = std::fma(-q, q, 0.180625);
    return q * (polynomial(kNormalCentreNumerator, r) / polynomial(kNormalCentreDenominator, r));
  }
  const double tail = q < 0 ? u : 1.0 - u;
  if (!(tail > 0)) {
    if (tail < 0 || std::isnan(tail)) return std::numeric_limits<double>::quiet_NaN();
    return std::copysign(std::numeric_limits<double>::infinity(), q);
  }
  const double r = std::sqrt(-std::log(tail));
  const double value =
      r <= 5.0
          ? polynomial(kNormalTailNumerator, r - 1.6) / polynomial(kNormalTailDenominator, r - 1.6)
          : polynomial(kFarNumerator, r - 5.0) / polynomial(kFarDenominator, r - 5.0);
  return std::copysign(value, q);
}

double uniform(const Stream& stream, uint32_t feature) { return uniform(bits(stream, feature)); }

double normal(const Stream& stream, uint32_t feature) {
  return normal_quantile(uniform(stream, feature));
}

void fill_uniform(const Stream& stream, std::span<double> out, uint32_t first) {
  fill(stream, out, first, [](uint64_t random) { return uniform(random); });
}

void fill_uniform(const Stream& stream, std::span<float> out, uint32_t first) {
  fill(stream, out, first, uniform_float);
}

void fill_normal(const Stream& stream, std::span<double> out, uint32_t first) {
  fill(stream, out, first, [](uint64_t random) { return normal_quantile(uniform(random)); });
}

void fill_normal(const Stream& stream, std::span<float> out, uint32_t first) {
  fill(stream, out, first,
       [](uint64_t random) { return static_cast<float>(normal_quantile(uniform(random))); });
}

namespace {

constexpr int64_t kLargestPermutation = int64_t{1} << 32;

}  // namespace

void permute(uint64_t seed, uint16_t stage, uint64_t round, std::span<int64_t> order) {
  const auto n = static_cast<int64_t>(order.size());
  check(n <= kLargestPermutation, "a permutation of ", n, " elements");
  std::iota(order.begin(), order.end(), int64_t{0});
  const Stream stream{seed, round, stage, 0};
  std::array<uint64_t, 2> pair{};
  for (int64_t i = 0; i < n; ++i) {
    if (i % 2 == 0) pair = block(stream, static_cast<uint32_t>(i / 2));
    const uint64_t left = static_cast<uint64_t>(n - i);
    const uint64_t step = below(left, stream, static_cast<uint32_t>(i), pair[i % 2]);
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
