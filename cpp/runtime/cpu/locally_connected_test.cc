// Against plain loops they are tested through their operators; here, that bits do not depend on the
// number of images.
#include "cpp/runtime/cpu/locally_connected.h"

#include <cstring>
#include <random>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

class LocallyConnectedLayer : public EachTarget {};

constexpr int64_t kPadding = 64;  // that may be read behind an array

std::vector<float> random_numbers(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<size_t>(count + kPadding));
  for (float& x : numbers) x = normal(engine);
  return numbers;
}

template <typename Plan>
std::vector<float> run(const Plan& plan, const float* a, const float* b, int64_t count) {
  std::vector<float> result(static_cast<size_t>(count));
  auto* const scratch = static_cast<std::byte*>(
      ::operator new(plan.template scratch_bytes<float>() + 64, std::align_val_t(64)));
  plan.run(a, b, result.data(), ConvolutionEpilogue<float>{}, scratch, 0, plan.tiles());
  ::operator delete(scratch, std::align_val_t(64));
  return result;
}

TEST_P(LocallyConnectedLayer, GivesAnImageTheSameBitsInAnyBatch) {
  // More images than rows that pass together, sums of more than one part, a panel that is not full.
  const ConvolutionShape all{101, {{{}, {5, 5, 3, 1, 1, 1}, {6, 3, 2, 2, 1, 0}}}, 50, 19, 1};
  ConvolutionShape one = all;
  one.images = 1;
  const int64_t in = all.in_positions() * all.channels_in;
  const int64_t out = all.out_positions() * all.channels_out;
  const auto images = random_numbers(all.images * in, 1);
  const auto g = random_numbers(all.images * out, 2);
  const auto weights =
      random_numbers(all.out_positions() * all.taps() * all.channels_in * all.channels_out, 3);
  const int64_t last = all.images - 1;

  const auto forward = run(LocallyConnected(all), images.data(), weights.data(), all.images * out);
  const auto forward_one =
      run(LocallyConnected(one), images.data() + last * in, weights.data(), out);
  EXPECT_EQ(std::memcmp(forward.data() + last * out, forward_one.data(),
                        forward_one.size() * sizeof(float)),
            0);
  const auto back = run(LocallyConnectedTranspose(all), g.data(), weights.data(), all.images * in);
  const auto back_one =
      run(LocallyConnectedTranspose(one), g.data() + last * out, weights.data(), in);
  EXPECT_EQ(std::memcmp(back.data() + last * in, back_one.data(), back_one.size() * sizeof(float)),
            0);
}

INSTANTIATE_TEST_SUITE_P(All, LocallyConnectedLayer, testing::ValuesIn(targets_here()),
                         target_label);

}  // namespace
}  // namespace castalia::cpu
