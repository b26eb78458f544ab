#include "cpp/runtime/cpu/fused.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cpp/base/status.h"

namespace castalia::cpu {
namespace {

// A buffer on a 64-byte boundary, with the padding that kernels count on.
class Buffer {
 public:
  explicit Buffer(size_t bytes) : memory_(bytes + kBufferPadding + 64) {}
  std::byte* data() {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    return memory_.data() + (64 - address % 64) % 64;
  }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data());
  }

 private:
  std::vector<std::byte> memory_;
};

void run(const Kernel& kernel, const std::vector<const void*>& inputs,
         const std::vector<void*>& outputs, bool one_by_one = false) {
  Buffer scratch(kernel.scratch_bytes());
  std::memset(scratch.data(), 0x7f, kernel.scratch_bytes());
  const KernelArguments arguments{inputs.data(), outputs.data(), scratch.data()};
  if (!one_by_one) return kernel.run(arguments, 0, kernel.tiles());
  for (int64_t tile = kernel.tiles() - 1; tile >= 0; --tile) kernel.run(arguments, tile, tile + 1);
}

double read(const void* data, DType dtype, int64_t index) {
  return dtype == DType::float32 ? static_cast<const float*>(data)[index]
                                 : static_cast<const double*>(data)[index];
}

void write(void* data, DType dtype, int64_t index, double value) {
  if (dtype == DType::float32) {
    static_cast<float*>(data)[index] = static_cast<float>(value);
  } else {
    static_cast<double*>(data)[index] = value;
  }
}

double evaluate(const FusedInstruction& instruction, const std::vector<double>& values) {
  const double a = values[instruction.operands[0]];
  const double b = instruction.operands.size() > 1 ? values[instruction.operands[1]] : 0;
  const double c = instruction.operands.size() > 2 ? values[instruction.operands[2]] : 0;
  double result = 0;
  const std::string& operation = instruction.operation;
  if (operation == "add") result = a + b;
  if (operation == "sub") result = a - b;
  if (operation == "mul") result = a * b;
  if (operation == "maximum") result = a > b ? a : b;
  if (operation == "less") result = a < b;
  if (operation == "select") result = a != 0 ? b : c;
  if (operation == "neg") result = -a;
  if (operation == "abs") result = std::abs(a);
  if (operation == "copy" || operation == "cast") result = a;
  return instruction.dtype == DType::float32 ? static_cast<float>(result) : result;
}

struct Operand {
  Shape shape;
  DType dtype;
};

// A program with random operations over random operands, some of them broadcast.
FusedProgram random_program(std::mt19937& random, const Shape& shape,
                            const std::vector<Operand>& operands) {
  FusedProgram program;
  program.shape = shape;
  std::vector<DType> types;
  for (const Operand& operand : operands) {
    program.inputs.push_back({operand.dtype, broadcast_strides(operand.shape, shape)});
    types.push_back(operand.dtype);
  }
  for (double value : {0.5, -1.25}) {
    for (DType dtype : {DType::float32, DType::float64}) {
      program.constants.push_back({dtype, value});
      types.push_back(dtype);
    }
  }
  const char* operations[] = {"add",    "sub", "mul", "maximum", "less",
                              "select", "neg", "abs", "copy",    "cast"};
  const int arity[] = {2, 2, 2, 2, 2, 3, 1, 1, 1, 1};
  for (int i = 0; i < 14; ++i) {
    const size_t pick = random() % 10;
    FusedInstruction instruction{operations[pick], DType::float32, {}};
    const auto any = [&] { return static_cast<int>(random() % types.size()); };
    const int first = any();
    instruction.operands.push_back(first);
    while (static_cast<int>(instruction.operands.size()) < arity[pick]) {
      const int next = any();
      if (types[next] == types[first]) instruction.operands.push_back(next);
    }
    instruction.dtype = types[first];
    if (pick == 9 && random() % 2) {
      instruction.dtype = types[first] == DType::float32 ? DType::float64 : DType::float32;
    }
    types.push_back(instruction.dtype);
    program.instructions.push_back(instruction);
  }
  for (int i = 0; i < 3; ++i) program.outputs.push_back(static_cast<int>(random() % types.size()));
  program.outputs.push_back(program.instruction_value(13));
  return program;
}

DType type_of(const FusedProgram& program, int value) {
  if (value < program.constant_value(0)) return program.inputs[value].dtype;
  if (value < program.instruction_value(0)) {
    return program.constants[value - program.constant_value(0)].dtype;
  }
  return program.instructions[value - program.instruction_value(0)].dtype;
}

void expect_matches(const FusedProgram& program, const std::vector<const void*>& inputs,
                    const std::vector<void*>& outputs, const std::string& what) {
  const int64_t count = program.shape.count();
  for (int64_t index = 0; index < count; ++index) {
    std::vector<double> values;
    for (size_t i = 0; i < inputs.size(); ++i) {
      int64_t rest = index, at = 0;
      for (int axis = program.shape.rank() - 1; axis >= 0; --axis) {
        at += rest % program.shape[axis] * program.inputs[i].strides[axis];
        rest /= program.shape[axis];
      }
      values.push_back(read(inputs[i], program.inputs[i].dtype, at));
    }
    for (const FusedConstant& constant : program.constants) values.push_back(constant.value);
    for (const auto& instruction : program.instructions)
      values.push_back(evaluate(instruction, values));
    for (size_t i = 0; i < outputs.size(); ++i) {
      const int value = program.outputs[i];
      ASSERT_EQ(read(outputs[i], type_of(program, value), index), values[value])
          << what << ", output " << i << ", element " << index;
    }
  }
}

std::vector<Operand> operands_for(std::mt19937& random, const Shape& shape) {
  std::vector<Operand> operands;
  for (int i = 0; i < 5; ++i) {
    Shape operand = shape;
    if (i > 0) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (random() % 2) operand[axis] = 1;
      }
      if (operand.rank() > 0 && operand[0] == 1 && random() % 2) operand.erase(0);
    }
    operands.push_back({operand, random() % 2 ? DType::float32 : DType::float64});
  }
  return operands;
}

TEST(FusedTest, RandomProgramsMatchPlainLoops) {
  std::mt19937 random(7);
  const Shape shapes[] = {
      {},          {1},         {7},       {1024},    {1025},          {40000},
      {33, 31},    {1, 9},      {3000, 9}, {5, 2000}, {17000, 1},      {4, 5, 6},
      {20, 1, 30}, {9, 64, 40}, {0},       {3, 0, 2}, {2, 3, 2, 3, 40}};
  for (const Shape& shape : shapes) {
    for (int repeat = 0; repeat < 6; ++repeat) {
      const std::vector<Operand> operands = operands_for(random, shape);
      const FusedProgram program = random_program(random, shape, operands);
      std::vector<Buffer> memory;
      std::vector<const void*> inputs;
      for (const Operand& operand : operands) {
        const int64_t count = operand.shape.count();
        memory.emplace_back(static_cast<size_t>(count) * size_of(operand.dtype) + 64);
        // Views may start on any element.
        void* data = memory.back().data() + (random() % 3) * size_of(operand.dtype);
        for (int64_t i = 0; i < count; ++i) {
          write(data, operand.dtype, i, static_cast<double>(random() % 1000) / 64.0 - 7.0);
        }
        inputs.push_back(data);
      }
      std::vector<Buffer> results;
      std::vector<void*> outputs;
      for (int value : program.outputs) {
        results.emplace_back(static_cast<size_t>(shape.count()) * size_of(type_of(program, value)));
        outputs.push_back(results.back().data());
      }
      const auto kernel = make_fused_kernel(program);
      run(*kernel, inputs, outputs, repeat % 2 == 1);
      expect_matches(program, inputs, outputs, text("shape ", shape, ", repeat ", repeat));
    }
  }
}

// Strides that no broadcast gives: a column of a matrix, and a transposed matrix.
TEST(FusedTest, StridedViews) {
  FusedProgram program;
  program.shape = {37, 45};
  program.inputs = {{DType::float32, {100, 2}}, {DType::float32, {1, 37}}};
  program.instructions = {{"sub", DType::float32, {0, 1}}};
  program.outputs = {2};
  Buffer a(37 * 100 * 4), b(37 * 45 * 4), out(37 * 45 * 4);
  for (int i = 0; i < 3700; ++i) a.as<float>()[i] = static_cast<float>(i);
  for (int i = 0; i < 37 * 45; ++i) b.as<float>()[i] = static_cast<float>(3 * i);
  run(*make_fused_kernel(program), {a.data(), b.data()}, {out.data()});
  expect_matches(program, {a.data(), b.data()}, {out.data()}, "views");
}

// The first output takes the place of an input that later instructions still read.
TEST(FusedTest, OutputInPlaceOfAnInputReadLater) {
  const int64_t count = 5000;
  FusedProgram program;
  program.shape = {count};
  program.inputs = {{DType::float64, {1}}, {DType::float64, {1}}};
  program.instructions = {{"add", DType::float64, {0, 1}},
                          {"mul", DType::float64, {0, 2}},
                          {"sub", DType::float64, {1, 3}}};
  program.outputs = {2, 3, 4, 0};
  Buffer a(count * 8), b(count * 8), copy_a(count * 8), copy_b(count * 8), c(count * 8),
      d(count * 8);
  for (int64_t i = 0; i < count; ++i) {
    a.as<double>()[i] = copy_a.as<double>()[i] = static_cast<double>(i % 17);
    b.as<double>()[i] = copy_b.as<double>()[i] = static_cast<double>(i % 23) - 5;
  }
  run(*make_fused_kernel(program), {a.data(), b.data()}, {a.data(), b.data(), c.data(), d.data()},
      true);
  expect_matches(program, {copy_a.data(), copy_b.data()}, {a.data(), b.data(), c.data(), d.data()},
                 "in place");
}

// A row's bits may not depend on the rows around it.
TEST(FusedTest, RowsDoNotDependOnTheBatch) {
  const int64_t width = 9;
  const auto make = [&](int64_t rows) {
    FusedProgram program;
    program.shape = {rows, width};
    program.inputs = {{DType::float32, {width, 1}}, {DType::float32, {0, 1}}};
    program.instructions = {{"mul", DType::float32, {0, 1}},
                            {"tanh", DType::float32, {2}},
                            {"exp", DType::float32, {3}}};
    program.outputs = {4};
    return make_fused_kernel(program);
  };
  Buffer x(5000 * width * 4), row(width * 4), all(5000 * width * 4), one(width * 4);
  for (int64_t i = 0; i < 5000 * width; ++i) x.as<float>()[i] = std::sin(static_cast<float>(i));
  for (int64_t i = 0; i < width; ++i) row.as<float>()[i] = 0.3f * static_cast<float>(i);
  run(*make(5000), {x.data(), row.data()}, {all.data()});
  const auto single = make(1);
  for (int64_t r : {0, 1, 113, 2047, 4999}) {
    run(*single, {x.as<float>() + r * width, row.data()}, {one.data()});
    EXPECT_EQ(std::memcmp(one.data(), all.as<float>() + r * width, width * 4), 0) << "row " << r;
  }
}

TEST(FusedTest, RefusesProgramsThatAreNotWellFormed) {
  const auto message = [](const FusedProgram& program) -> std::string {
    try {
      make_fused_kernel(program);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  FusedProgram program;
  program.shape = {4};
  program.inputs = {{DType::float32, {1}}, {DType::float64, {1}}};
  program.outputs = {2};
  program.instructions = {{"mystery", DType::float32, {0}}};
  EXPECT_NE(message(program).find("mystery"), std::string::npos);
  program.instructions = {{"add", DType::float32, {0}}};
  EXPECT_NE(message(program).find("takes 2"), std::string::npos);
  program.instructions = {{"add", DType::float32, {0, 1}}};
  EXPECT_NE(message(program).find("float64"), std::string::npos);
  program.instructions = {{"add", DType::float32, {0, 2}}};
  EXPECT_NE(message(program).find("not known yet"), std::string::npos);
  EXPECT_THROW(broadcast_strides({3}, {4}), Error);
}

}  // namespace
}  // namespace castalia::cpu
