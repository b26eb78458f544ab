#include "cpp/compile/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

#include "cpp/compile/program.h"

namespace castalia {
namespace {

TEST(MemoryPlan, TensorsThatLiveTogetherDoNotOverlap) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<Lifetime> lifetimes(random() % 60);
    for (Lifetime& each : lifetimes) {
      each.bytes = random() % 5000;
      each.first = static_cast<int>(random() % 40);
      each.last = each.first + static_cast<int>(random() % 10);
    }
    const MemoryPlan plan = plan_memory(lifetimes);
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      const size_t end = plan.offsets[i] + padded_bytes(lifetimes[i].bytes);
      EXPECT_EQ(plan.offsets[i] % kBufferAlignment, 0U);
      EXPECT_LE(end, plan.bytes);
      for (size_t k = 0; k < i; ++k) {
        if (lifetimes[k].last < lifetimes[i].first || lifetimes[i].last < lifetimes[k].first)
          continue;
        const size_t other_end = plan.offsets[k] + padded_bytes(lifetimes[k].bytes);
        EXPECT_TRUE(end <= plan.offsets[k] || other_end <= plan.offsets[i]) << i << ' ' << k;
      }
    }
  }
}

TEST(MemoryPlan, TensorsInAChainShareMemory) {
  std::vector<Lifetime> chain;
  for (int i = 0; i < 100; ++i) chain.push_back({1000, i, i + 1});
  EXPECT_EQ(plan_memory(chain).bytes, 2 * padded_bytes(1000));
}

}  // namespace
}  // namespace castalia
