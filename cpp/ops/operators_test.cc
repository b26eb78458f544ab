// What holds for every operator, from its cases: shapes, kernels and definitions against the
// references.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>

#include "cpp/base/status.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/reference.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/run_kernel_for_test.h"
#include "cpp/ops/sample_for_test.h"

namespace castalia {
namespace {

// What was compared and what was not, printed when all tests have run.
struct Tally {
  int operators = 0;
  int cases = 0;
  int of_kernels = 0;  // each in both precisions
  int of_definitions = 0;
  std::map<std::string, int> skipped;  // cases, by reason
};

Tally& tally() {
  static Tally tally;
  return tally;
}

class PrintTally : public testing::Environment {
 public:
  void TearDown() override {
    std::printf("\n%d operators, %d cases, each in float32 and float64\n", tally().operators,
                tally().cases);
    std::printf("%d comparisons of kernels with references, %d of definitions with references\n",
                tally().of_kernels, tally().of_definitions);
    int total = 0;
    for (const auto& [reason, count] : tally().skipped) total += count;
    std::printf("%d comparisons skipped\n", total);
    for (const auto& [reason, count] : tally().skipped) {
      std::printf("  %d: %s\n", count, reason.c_str());
    }
  }
};

const auto* const kPrintTally = testing::AddGlobalTestEnvironment(new PrintTally);

class EveryOperator : public testing::TestWithParam<const Operator*> {};

TEST_P(EveryOperator, IsComplete) {
  const Operator& op = *GetParam();
  ++tally().operators;
  tally().cases += static_cast<int>(find_cases(op.name)().size());
  EXPECT_EQ(find_operator(op.name), &op);
  EXPECT_TRUE(has_reference(op) || op.define) << "neither reference nor definition";
  EXPECT_TRUE(op.gradient || op.define || !op.no_gradient.empty())
      << "neither gradient nor a reason for having none";
  EXPECT_FALSE(find_cases(op.name)().empty());
  bool empty = false;
  for (const Case& one : find_cases(op.name)()) {
    for (const TensorType& type : op.infer(operand_types(one, DType::float32), one.attributes)) {
      empty = empty || type.shape.count() == 0;
    }
  }
  EXPECT_TRUE(empty) << "no case of size zero";
}

TEST_P(EveryOperator, DefinitionAgreesWithReference) {
  const Operator& op = *GetParam();
  if (!op.define) GTEST_SKIP() << "primitive";
  if (!has_reference(op)) GTEST_SKIP() << "the definition is the reference";
  for_each_sample(op, [&](const Sample& sample) {
    ++tally().of_definitions;
    const auto expected = reference(op, sample.one.attributes, sample.inputs);
    const auto got = interpret_definition(op, sample.one.attributes, sample.types, sample.inputs);
    for (size_t i = 0; i < expected.size(); ++i) {
      expect_near(got[i], expected[i], DType::float64, 64);
    }
  });
}

TEST_P(EveryOperator, KernelsAgreeWithReference) {
  const Operator& op = *GetParam();
  const auto candidates = kernel_candidates(op.name);
  if (candidates.empty()) {
    ASSERT_TRUE(op.define) << "a primitive operator without kernel";
    tally().skipped["no kernel: a composite operator that is computed by its definition"] +=
        2 * static_cast<int>(find_cases(op.name)().size());
    GTEST_SKIP() << "composite without a fused kernel: it is computed by its definition";
  }
  std::map<std::string, int> run;
  std::map<std::string, int> refused;
  for_each_sample(op, [&](const Sample& sample) {
    const auto expected = interpret(op, sample.one.attributes, sample.types, sample.inputs);
    int accepted = 0;
    for (const KernelCandidate& candidate : candidates) {
      for (const bool rows_independent : {true, false}) {
        SCOPED_TRACE(candidate.name);
        const KernelRequest request{sample.one.attributes, sample.types, sample.outputs,
                                    rows_independent};
        std::string refusal;
        const std::unique_ptr<Kernel> kernel = candidate.create(request, &refusal);
        if (!kernel) {
          EXPECT_FALSE(refusal.empty()) << "a refusal without a reason";
          ++refused[text(candidate.name, ": ", refusal)];
          ++tally().skipped[text("refused by kernel '", candidate.name, "': ", refusal)];
          continue;
        }
        ++accepted;
        ++run[candidate.name];
        ++tally().of_kernels;
        const auto bytes =
            run_kernel(*kernel, sample.types, sample.inputs, sample.outputs, TileOrder::together);
        const auto again = run_kernel(*kernel, sample.types, sample.inputs, sample.outputs,
                                      TileOrder::one_by_one_backwards);
        EXPECT_EQ(bytes, again) << "the order of tiles changes the bits";
        for (size_t i = 0; i < sample.outputs.size(); ++i) {
          expect_near(read_tensor(sample.outputs[i], bytes[i].data()), expected[i],
                      sample.outputs[i].dtype, op.define ? 4096 : 64);
        }
      }
    }
    EXPECT_GT(accepted, 0) << "no kernel takes this case";
  });
  for (const auto& [kernel, count] : run) std::printf("  %s: %d runs\n", kernel.c_str(), count);
  for (const auto& [reason, count] : refused) {
    std::printf("  refused %d times: %s\n", count, reason.c_str());
  }
}

// A row of a result has the same bits whatever rows stand beside it.
TEST_P(EveryOperator, RowsAreIndependent) {
  const Operator& op = *GetParam();
  if (op.elementwise.empty()) GTEST_SKIP() << "not element-wise";
  constexpr int64_t kRows = 67;
  constexpr int64_t kColumns = 5;
  const Case first_case = find_cases(op.name)()[0];
  const size_t operands = first_case.operands.size();
  for (const DType dtype : {DType::float32, DType::float64}) {
    Case all;
    for (const CaseOperand& operand : first_case.operands) {
      all.operands.push_back({.shape = {kRows, kColumns}, .domain = operand.domain});
    }
    const std::vector<Tensor> inputs = draw_operands(all);
    const auto bytes_of = [&](int64_t first, int64_t last) {
      const TensorType type{dtype, {last - first, kColumns}};
      const std::vector<TensorType> types(operands, type);
      std::vector<Tensor> rows;
      for (const Tensor& input : inputs) {
        rows.emplace_back(type.shape, std::vector(input.data.begin() + first * kColumns,
                                                  input.data.begin() + last * kColumns));
      }
      const Attributes none;
      const KernelRequest request{none, types, {&type, 1}, true};
      std::string refusal;
      const auto kernel = kernel_candidates(op.name)[0].create(request, &refusal);
      return run_kernel(*kernel, types, rows, {&type, 1}, TileOrder::together)[0];
    };
    const std::vector<std::byte> whole = bytes_of(0, kRows);
    const size_t row_bytes = kColumns * size_of(dtype);
    for (int64_t row = 0; row < kRows; ++row) {
      const auto begin = whole.begin() + row * static_cast<int64_t>(row_bytes);
      EXPECT_EQ(bytes_of(row, row + 1),
                std::vector<std::byte>(begin, begin + static_cast<int64_t>(row_bytes)))
          << "row " << row;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryOperator,
                         testing::ValuesIn(all_operators().begin(), all_operators().end()),
                         [](const auto& info) { return info.param->name; });

TEST(Operators, RefuseWhatDoesNotFit) {
  Graph graph;
  const Value a = graph.input("a", {DType::float32, {3, 5}});
  const Value b = graph.input("b", {DType::float32, {4, 5}});
  const Value c = graph.input("c", {DType::float64, {3, 5}});
  const auto message = [&](const char* op, std::vector<Value> inputs, Attributes attributes) {
    try {
      graph.apply(*find_operator(op), std::move(inputs), std::move(attributes));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message("add", {a, b}, {}),
            "operator 'add': shapes [3, 5] and [4, 5] do not broadcast");
  EXPECT_EQ(message("add", {a, c}, {}),
            "operator 'add': takes operands of one type, not float32[3, 5] and float64[3, 5]");
  EXPECT_EQ(message("matmul", {a, b}, {{"transpose_a", int64_t{0}}, {"transpose_b", int64_t{0}}}),
            "operator 'matmul': inner extents of float32[3, 5] and float32[4, 5] differ");
  EXPECT_EQ(
      message("slice", {a}, {{"axis", int64_t{1}}, {"first", int64_t{2}}, {"last", int64_t{6}}}),
      "operator 'slice': elements [2, 6) along axis 1 of float32[3, 5]");
  EXPECT_EQ(message("take", {a}, {{"axis", int64_t{1}}, {"indices", std::vector<int64_t>{5}}}),
            "operator 'take': index 5 into axis 1 of float32[3, 5]");
  EXPECT_EQ(message("arg_top_k", {a}, {{"axis", int64_t{1}}, {"count", int64_t{6}}}),
            "operator 'arg_top_k': 6 elements along axis 1 of float32[3, 5]");
  EXPECT_EQ(message("gather", {a, b}, {{"axis", int64_t{1}}}),
            "operator 'gather': takes indices as int32 or int64, not float32[4, 5]");
  EXPECT_EQ(message("norm", {a},
                    {{"axes", std::vector<int64_t>{1}}, {"keep", int64_t{1}}, {"order", 0.5}}),
            "operator 'norm': order 0.5 is below 1");
  EXPECT_EQ(message("clamp", {a}, {{"low", 1.0}, {"high", -1.0}}),
            "operator 'clamp': limits [1, -1]");
}

}  // namespace
}  // namespace castalia
