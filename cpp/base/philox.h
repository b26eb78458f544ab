// Random numbers as a pure function of what they are for.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011) turns a 64-bit key and a 128-bit counter into 128 random bits. There is no state: a number
// depends on its address alone, so any batch, any thread and any rank draws the same numbers for an
// event.
//
// The address of a draw, fixed for ever because seeds in published work depend on it:
//   key word 0      seed, bits 0-31
//   key word 1      seed, bits 32-63
//   counter word 0  event, bits 0-31
//   counter word 1  event, bits 32-63
//   counter word 2  stage in bits 0-15, particle in bits 16-31
//   counter word 3  block = feature / 2
// A block holds two 64-bit draws: words 0 and 1 (low, high) serve the even feature, words 2 and 3
// the odd one. "event" is the number of the event in its sample, never its place in a batch;
// "particle" is the number of the constituent, never a padded slot.
//
// Every function here is reentrant. Arithmetic is spelled out in fused multiply-adds, so that the
// numbers are the same on every instruction set and device.
#ifndef CASTALIA_CPP_BASE_PHILOX_H_
#define CASTALIA_CPP_BASE_PHILOX_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cpp/base/anywhere.h"
#include "cpp/base/normal_quantile.h"

namespace castalia {

// The generator itself, as in the paper.
CASTALIA_ANYWHERE inline std::array<uint32_t, 4> philox(std::array<uint32_t, 2> key,
                                                        std::array<uint32_t, 4> counter) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    // The golden ratio, and sqrt(3) - 1.
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

// Names a row of draws: one a feature.
struct Stream {
  uint64_t seed = 0;
  uint64_t event = 0;
  uint16_t stage = 0;  // which use of random numbers; one number each, so that no two share draws
  uint16_t particle = 0;  // 0 where an event is one row
};

// The 64 random bits of features 2 index and 2 index + 1.
CASTALIA_ANYWHERE inline std::array<uint64_t, 2> block_of_bits(const Stream& stream,
                                                               uint32_t index) {
  const std::array<uint32_t, 4> words =
      philox({static_cast<uint32_t>(stream.seed), static_cast<uint32_t>(stream.seed >> 32)},
             {static_cast<uint32_t>(stream.event), static_cast<uint32_t>(stream.event >> 32),
              stream.stage | static_cast<uint32_t>(stream.particle) << 16, index});
  return {words[0] | static_cast<uint64_t>(words[1]) << 32,
          words[2] | static_cast<uint64_t>(words[3]) << 32};
}

// The 64 random bits of a feature.
CASTALIA_ANYWHERE inline uint64_t bits(const Stream& stream, uint32_t feature) {
  return block_of_bits(stream, feature / 2)[feature % 2];
}

// Maps bits to the open interval (0, 1): the odd multiples of 2^-53, all equally likely. Exactly
// symmetric about 1/2; the ends 0 and 1 never occur, so logarithms and quantiles of it are finite.
CASTALIA_ANYWHERE inline double uniform(uint64_t bits) {
  // 52 random bits and a one below them: 53 bits in all, exact in a double.
  return static_cast<double>((bits >> 11) | 1) * 0x1p-53;
}

// A uniform draw rounded to T; one that would round to 1 becomes the largest T below it.
template <typename T>
CASTALIA_ANYWHERE T uniform_as(double draw) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return draw;
  } else {
    const T rounded = static_cast<T>(draw);
    return rounded < T{1} ? rounded : static_cast<T>(0x1.fffffep-1);
  }
}

// A number in [0, bound), unbiased: Lemire's multiplication, with rejection of the few products
// that would make some results likelier (arXiv:1805.10941). Begins with the feature's bits; later
// attempts have those of the next particles.
CASTALIA_ANYWHERE inline uint64_t draw_below(uint64_t bound, Stream stream, uint32_t feature,
                                             uint64_t first_bits) {
  uint64_t random = first_bits;
  for (;;) {
    const unsigned __int128 product = static_cast<unsigned __int128>(random) * bound;
    const uint64_t low = static_cast<uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
    ++stream.particle;
    random = bits(stream, feature);
  }
}

// One draw. The normal is the quantile of the uniform with the same address.
CASTALIA_ANYWHERE inline double uniform(const Stream& stream, uint32_t feature) {
  return uniform(bits(stream, feature));
}
CASTALIA_ANYWHERE inline double normal(const Stream& stream, uint32_t feature) {
  return normal_quantile(uniform(stream, feature));
}

// The draws of the features first, first + 1, ... one an element of out. The float forms round the
// double draw, by uniform_as() or to the nearest.
void fill_uniform(const Stream& stream, std::span<double> out, uint32_t first = 0);
void fill_uniform(const Stream& stream, std::span<float> out, uint32_t first = 0);
void fill_normal(const Stream& stream, std::span<double> out, uint32_t first = 0);
void fill_normal(const Stream& stream, std::span<float> out, uint32_t first = 0);

// A uniformly distributed permutation of 0 .. n-1, without bias (Fisher-Yates with rejection).
// Different rounds (epochs, say) of one stage are independent. Errors: out_of_range unless
// 0 <= n <= 2^32.
// Its draws have the addresses event = round, feature = place, particle = attempt.
std::vector<int64_t> permutation(uint64_t seed, uint16_t stage, int64_t n, uint64_t round = 0);
// The same into memory that there is: order.size() elements.
void permute(uint64_t seed, uint16_t stage, uint64_t round, std::span<int64_t> order);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_PHILOX_H_
