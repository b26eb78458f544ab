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
// numbers are the same on every instruction set.
#ifndef CASTALIA_CPP_BASE_PHILOX_H_
#define CASTALIA_CPP_BASE_PHILOX_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace castalia {

// The generator itself, as in the paper.
std::array<uint32_t, 4> philox(std::array<uint32_t, 2> key, std::array<uint32_t, 4> counter);

// Names a row of draws: one a feature.
struct Stream {
  uint64_t seed = 0;
  uint64_t event = 0;
  uint16_t stage = 0;  // which use of random numbers; one number each, so that no two share draws
  uint16_t particle = 0;  // 0 where an event is one row
};

// The 64 random bits of a feature.
uint64_t bits(const Stream& stream, uint32_t feature);

// Maps bits to the open interval (0, 1): the odd multiples of 2^-53, all equally likely. Exactly
// symmetric about 1/2; the ends 0 and 1 never occur, so logarithms and quantiles of it are finite.
double uniform(uint64_t bits);

// The standard normal quantile of u in (0, 1), relative error below 1e-15 (Wichura, algorithm AS
// 241, routine PPND16, Applied Statistics 37, 1988). Gives -inf and inf at 0 and 1, NaN outside.
double normal_quantile(double u);

// One draw. The normal is the quantile of the uniform with the same address.
double uniform(const Stream& stream, uint32_t feature);
double normal(const Stream& stream, uint32_t feature);

// The draws of the features first, first + 1, ... one an element of out. The float forms round the
// double draw; a uniform that would round to 1 becomes the largest float below it.
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
