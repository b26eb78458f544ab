#include "cpp/runtime/cpu/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace castalia::cpu {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One row of scores with NaN behind it, as a product may leave it.
std::vector<float> weights(std::vector<float> scores, std::vector<float> mask,
                           std::vector<float> bias) {
  const auto keys = static_cast<int64_t>(scores.size());
  const auto padded = static_cast<size_t>(padded_keys(keys));
  for (std::vector<float>* row : {&scores, &mask, &bias}) {
    if (!row->empty()) row->resize(padded, kNan);
  }
  attention_weights<float>(1, keys, 1.0, {mask.empty() ? nullptr : mask.data(), 0},
                           {bias.empty() ? nullptr : bias.data(), 0}, scores.data());
  return scores;
}

TEST(AttentionWeights, AreZeroInThePadding) {
  for (const size_t keys : {1u, 5u, 16u, 37u}) {
    const std::vector<float> w = weights(std::vector<float>(keys, 2.5f), {}, {});
    for (size_t j = 0; j < w.size(); ++j) {
      EXPECT_NEAR(w[j], j < keys ? 1.0 / static_cast<double>(keys) : 0.0, 1e-7) << j;
    }
  }
}

TEST(AttentionWeights, OfARowThatSeesNothingAreZero) {
  for (const float w : weights({1, 2, 3}, {0, 0, 0}, {})) EXPECT_EQ(w, 0);
  for (const float w : weights({1, 2, 3}, {}, {-kInfinity, -kInfinity, -kInfinity})) {
    EXPECT_EQ(w, 0);
  }
}

TEST(AttentionWeights, DoNotHideNan) {
  const std::vector<float> some = weights({1, kNan, 3}, {}, {});
  const std::vector<float> all = weights({kNan, kNan, kNan}, {}, {});
  for (size_t j = 0; j < 3; ++j) {
    EXPECT_TRUE(std::isnan(some[j])) << j;
    EXPECT_TRUE(std::isnan(all[j])) << j;
  }
  // But what is hidden does not count.
  EXPECT_EQ(weights({1, kNan, 1}, {1, 0, 1}, {})[0], 0.5f);
}

TEST(AttentionWeightsGradient, IsZeroInThePadding) {
  const std::vector<float> w = weights({1, 2, 3}, {}, {});
  std::vector<float> gradient = {0.5f, -1, 2};
  gradient.resize(w.size(), kNan);
  attention_weights_gradient(1, 3, w.data(), gradient.data());
  float sum = 0;
  for (size_t j = 0; j < w.size(); ++j) {
    if (j >= 3) {
      EXPECT_EQ(gradient[j], 0);
    }
    sum += gradient[j];
  }
  // Weights sum to 1, so their gradients leave the sum as it is.
  EXPECT_NEAR(sum, 0, 1e-6);
}

}  // namespace
}  // namespace castalia::cpu
