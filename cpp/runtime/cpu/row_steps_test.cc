// Which programs are row steps, and how rows see their operands. What the steps compute is tested
// in cpp/runtime/epilogue_test.cc.
#include "cpp/runtime/cpu/row_steps.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace castalia::cpu {
namespace {

using Kind = RowStep::Kind;

constexpr int64_t kClouds = 4, kParticles = 6, kColumns = 64;

// Over (clouds, particles, columns): input 0 is the matrix, 1 has an element for each of its
// elements, 2 for each cloud and column, 3 for each particle of each cloud, 4 for each particle.
FusedProgram program(std::vector<FusedInstruction> instructions, std::vector<int> outputs) {
  const DType dtype = DType::float32;
  return {.shape = {kClouds, kParticles, kColumns},
          .inputs = {{dtype, {kParticles * kColumns, kColumns, 1}},
                     {dtype, {kParticles * kColumns, kColumns, 1}},
                     {dtype, {kColumns, 0, 1}},
                     {dtype, {kParticles, 1, 0}},
                     {dtype, {0, 1, 0}}},
          .constants = {{dtype, 0.0}, {dtype, 0.1}},
          .instructions = std::move(instructions),
          .outputs = std::move(outputs)};
}

constexpr int kMatrix = 0, kEach = 1, kCloud = 2, kRow = 3, kParticle = 4, kZero = 5, kSlope = 6;
constexpr int kFirst = 7;  // result of an instruction

std::vector<Kind> kinds(const RowStepPlan& plan) {
  std::vector<Kind> all;
  for (const PlannedRowStep& each : plan.steps) all.push_back(each.step.kind);
  return all;
}

TEST(RowSteps, AreAResidualLayer) {
  const auto plan = plan_row_steps(program({{"add", DType::float32, {kCloud, kMatrix}},
                                            {"leaky_relu", DType::float32, {kFirst, kSlope}},
                                            {"less", DType::float32, {kZero, kFirst + 1}},
                                            {"mul", DType::float32, {kFirst + 1, kRow}},
                                            {"mul", DType::float32, {kParticle, kFirst + 3}},
                                            {"add", DType::float32, {kFirst + 4, kEach}}},
                                           {kFirst + 2, kFirst + 5}),
                                   kColumns);
  ASSERT_TRUE(plan);
  EXPECT_EQ(kinds(*plan), (std::vector{Kind::add, Kind::leaky_relu, Kind::write_positive,
                                       Kind::multiply, Kind::multiply, Kind::add}));
  EXPECT_EQ(plan->result_output, 1);
  EXPECT_EQ(plan->steps[2].output, 0);
  const auto expect_rows = [&](size_t step, int input, bool by_column, int64_t outer,
                               int64_t inner) {
    const PlannedRowStep& planned = plan->steps[step];
    EXPECT_EQ(planned.input, input);
    EXPECT_EQ(planned.step.by_column, by_column);
    for (int64_t row = 0; row < kClouds * kParticles; ++row) {
      EXPECT_EQ(row / planned.step.period * planned.step.outer +
                    row % planned.step.period * planned.step.inner,
                row / kParticles * outer + row % kParticles * inner);
    }
  };
  expect_rows(0, kCloud, true, kColumns, 0);
  expect_rows(3, kRow, false, kParticles, 1);
  expect_rows(4, kParticle, false, 0, 1);
  expect_rows(5, kEach, true, kParticles * kColumns, kColumns);
}

TEST(RowSteps, AreTheGradientOfALeakyRectifier) {
  const std::vector<FusedInstruction> gradient = {
      {"less", DType::float32, {kZero, kEach}},
      {"mul", DType::float32, {kMatrix, kSlope}},
      {"select", DType::float32, {kFirst, kMatrix, kFirst + 1}}};
  const auto plan = plan_row_steps(program(gradient, {kFirst + 2}), kColumns);
  ASSERT_TRUE(plan);
  EXPECT_EQ(kinds(*plan), std::vector{Kind::keep_positive});
  // Where a part of it is wanted, too, or the choice is the other way round, it is something else.
  EXPECT_FALSE(plan_row_steps(program(gradient, {kFirst, kFirst + 2}), kColumns));
  EXPECT_FALSE(plan_row_steps(program(gradient, {kFirst + 1, kFirst + 2}), kColumns));
  std::vector<FusedInstruction> turned = gradient;
  turned[2].operands = {kFirst, kFirst + 1, kMatrix};
  EXPECT_FALSE(plan_row_steps(program(turned, {kFirst + 2}), kColumns));
}

TEST(RowSteps, AreNotOtherPrograms) {
  const std::vector<FusedInstruction> sum = {{"add", DType::float32, {kMatrix, kEach}}};
  EXPECT_TRUE(plan_row_steps(program(sum, {kFirst}), kColumns));
  EXPECT_TRUE(plan_row_steps(program(sum, {kMatrix, kFirst}), kColumns));
  EXPECT_FALSE(plan_row_steps(program(sum, {kFirst}), kColumns / 2)) << "rows within the columns";
  EXPECT_FALSE(plan_row_steps(program(sum, {kMatrix}), kColumns)) << "ends before the last step";
  const auto one = [](const char* operation, std::vector<int> operands) {
    return program({{operation, DType::float32, std::move(operands)}}, {kFirst});
  };
  EXPECT_FALSE(plan_row_steps(one("tanh", {kMatrix}), kColumns));
  EXPECT_FALSE(plan_row_steps(one("mul", {kMatrix, kMatrix}), kColumns));
  EXPECT_FALSE(plan_row_steps(one("leaky_relu", {kMatrix, kEach}), kColumns));
  EXPECT_FALSE(plan_row_steps(one("cast", {kMatrix}), 20)) << "no whole panels";
  FusedProgram other = program(sum, {kFirst});
  other.inputs[kEach].dtype = DType::float64;
  EXPECT_FALSE(plan_row_steps(other, kColumns));
}

}  // namespace
}  // namespace castalia::cpu
