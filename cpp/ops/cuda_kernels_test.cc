// The CUDA kernels of every operator in the emulation, from its cases, against the references.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/reference.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/run_kernel_for_test.h"
#include "cpp/ops/sample_for_test.h"

namespace castalia {
namespace {

const KernelTable& cuda_table() {
  static const KernelTable table = [] {
    KernelTable filled;
    add_all_cuda_kernels(filled);
    return filled;
  }();
  return table;
}

class EveryOperator : public testing::TestWithParam<const Operator*> {};

// No operator without a way to compute it on a device: element by element, by a kernel or by its
// definition.
TEST_P(EveryOperator, HasACudaPath) {
  const Operator& op = *GetParam();
  const bool has_kernel = !cuda_table().find(op.name).empty();
  EXPECT_TRUE(!op.elementwise.empty() || op.is_view || op.define || has_kernel)
      << "a primitive operator without cuda.cu";
}

TEST_P(EveryOperator, CudaKernelsAgreeWithReference) {
  const Operator& op = *GetParam();
  const auto candidates = cuda_table().find(op.name);
  if (candidates.empty()) GTEST_SKIP() << "no kernel of its own";
  std::map<std::string, int> run;
  for_each_sample(op, [&](const Sample& sample) {
    const auto expected = interpret(op, sample.one.attributes, sample.types, sample.inputs);
    int accepted = 0;
    for (const KernelCandidate& candidate : candidates) {
      SCOPED_TRACE(candidate.name);
      const KernelRequest request{sample.one.attributes, sample.types, sample.outputs};
      std::string refusal;
      const std::unique_ptr<Kernel> kernel = candidate.create(request, &refusal);
      if (!kernel) {
        EXPECT_FALSE(refusal.empty()) << "a refusal without a reason";
        continue;
      }
      ++accepted;
      ++run[candidate.name];
      const auto bytes =
          run_kernel(*kernel, sample.types, sample.inputs, sample.outputs, TileOrder::together);
      for (size_t i = 0; i < sample.outputs.size(); ++i) {
        expect_near(read_tensor(sample.outputs[i], bytes[i].data()), expected[i],
                    sample.outputs[i].dtype, op.define ? 4096 : 64);
      }
    }
    EXPECT_TRUE(accepted > 0 || op.define) << "no kernel takes this case";
  });
  for (const auto& [kernel, count] : run) std::printf("  %s: %d runs\n", kernel.c_str(), count);
}

INSTANTIATE_TEST_SUITE_P(All, EveryOperator,
                         testing::ValuesIn(all_operators().begin(), all_operators().end()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace castalia
