// A GoogleTest fixture that runs each test once for every instruction set of this machine.
#ifndef CASTALIA_CPP_RUNTIME_CPU_TARGETS_FOR_TEST_H_
#define CASTALIA_CPP_RUNTIME_CPU_TARGETS_FOR_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/runtime/cpu/dispatch.h"
#include "hwy/highway.h"

namespace castalia::cpu {

inline std::vector<int64_t> targets_here() {
  ensure_dispatch();
  std::vector<int64_t> targets;
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    targets.push_back(rest & -rest);
  }
  return targets;
}

class EachTarget : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

inline std::string target_label(const testing::TestParamInfo<int64_t>& info) {
  return hwy::TargetName(info.param);
}

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_TARGETS_FOR_TEST_H_
