#include <math.h>  // before the functions of the device, which call those of the language

#include "cpp/runtime/cuda/joined_steps.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "cpp/runtime/cuda/emulated_threads.h"
#include "cpp/runtime/cuda/joined_functions.h"

namespace castalia::cuda {
namespace {

// One block of the cluster, whose threads take turns.
struct EmulatedGroup {
  int number;
  int thread_of_block() const { return EmulatedThreads::running().thread(); }
  int block() const { return number; }
  int blocks() const { return kJoinedBlocks; }
  void sync() const { EmulatedThreads::running().sync(); }
  template <typename T>
  T load(const T* from) const {
    return *from;
  }
};

template <typename T>
std::vector<T> numbers(int count, int seed) {
  std::vector<T> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(static_cast<T>(std::sin(0.7 * i + seed)));
  }
  return values;
}

// Each element comes once, and is the sum.
template <typename T, int Rows, int Columns, int Depth>
std::vector<T> expect_product(const std::vector<T>& left, const std::vector<T>& right) {
  std::vector<T> out(Rows * Columns), shared(Rows * Depth + 8 * Rows * 32);
  std::vector<int> stored(out.size());
  EmulatedThreads threads(kJoinedThreads);
  for (int block = 0; block < kJoinedBlocks; ++block) {
    std::fill(shared.begin(), shared.end(), std::nan(""));
    threads.run(block % 2 == 1, [&] {
      castalia_joined::product<T, Rows, Columns, Depth>(
          EmulatedGroup{block}, left.data(), right.data(), shared.data(), [&](unsigned i, T sum) {
            out[i] = sum;
            ++stored[i];
          });
    });
  }
  for (int row = 0; row < Rows; ++row) {
    for (int column = 0; column < Columns; ++column) {
      double sum = 0, size = 0;
      for (int k = 0; k < Depth; ++k) {
        const double term = static_cast<double>(left[static_cast<size_t>(row * Depth + k)]) *
                            static_cast<double>(right[static_cast<size_t>(k * Columns + column)]);
        sum += term;
        size += std::abs(term);
      }
      const auto at = static_cast<size_t>(row * Columns + column);
      EXPECT_EQ(stored[at], 1);
      const double ulp = sizeof(T) == 4 ? 6e-8 : 1.1e-16;
      EXPECT_NEAR(out[at], sum, (Depth + 2) * ulp * size) << row << ' ' << column;
    }
  }
  return out;
}

template <typename T>
void expect_products() {
  const auto both = [&]<int Rows, int Columns, int Depth>() {
    expect_product<T, Rows, Columns, Depth>(numbers<T>(Rows * Depth, 1),
                                            numbers<T>(Depth * Columns, 2));
  };
  both.template operator()<1, 256, 256>();
  both.template operator()<1, 1, 1>();
  both.template operator()<3, 33, 70>();
  both.template operator()<8, 300, 7>();
  both.template operator()<2, 504, 9>();
}

TEST(JoinedSteps, MultiplyMatrices) {
  expect_products<float>();
  expect_products<double>();
}

TEST(JoinedSteps, MultiplyEachRowAsIfItWereAlone) {
  const auto left = numbers<float>(5 * 61, 1), right = numbers<float>(61 * 40, 2);
  const std::vector<float> together = expect_product<float, 5, 40, 61>(left, right);
  for (int row = 0; row < 5; ++row) {
    const std::vector<float> own(left.begin() + row * 61, left.begin() + (row + 1) * 61);
    const std::vector<float> alone = expect_product<float, 1, 40, 61>(own, right);
    for (int column = 0; column < 40; ++column) {
      EXPECT_EQ(together[static_cast<size_t>(row * 40 + column)],
                alone[static_cast<size_t>(column)]);
    }
  }
}

// out0 = in0 * constant, over so many elements.
JoinedPart scaled(int64_t count, double constant, DType dtype = DType::float32) {
  JoinedPart part;
  part.program.shape = {count};
  part.program.inputs.push_back({dtype, {1}});
  part.program.constants.push_back({dtype, constant});
  part.program.instructions.push_back({"mul", dtype, {0, 1}});
  part.program.outputs = {2};
  return part;
}

class Step final : public JoinableKernel {
 public:
  explicit Step(const JoinedPart& part) : step_(JoinableStep::make(part)) {}
  const JoinableStep* joinable() const override { return step_ ? &*step_ : nullptr; }
  void run(const KernelArguments&, int64_t, int64_t) const override {}

 private:
  std::optional<JoinableStep> step_;
};

unsigned long long address(const void* pointer) {
  return static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(pointer));
}

TEST(JoinedSteps, ShareTheSourcesOfEqualSteps) {
  const Step first(scaled(10, 0.1)), second(scaled(10, 0.2)), third(scaled(11, 0.1));
  JoinedPart product = scaled(6, 0.5);
  product.is_product = true;
  product.rows = 2;
  product.columns = 3;
  product.depth = 4;
  const Step fourth(product);
  float memory[8];
  const void* inputs[] = {memory, memory + 1};
  void* outputs[] = {memory + 2};
  JoinedSteps steps;
  EXPECT_TRUE(steps.empty());
  for (const Step* step : {&first, &second, &third, &fourth}) {
    EXPECT_TRUE(steps.add(*step, {inputs, outputs}));
  }
  const JoinedSteps::Launch launch = steps.take();
  EXPECT_TRUE(steps.empty());
  EXPECT_EQ(launch.alone, nullptr);
  EXPECT_EQ(launch.parts.size(), 3u);
  ASSERT_EQ(launch.table.steps, 4u);
  EXPECT_EQ(launch.table.part[0], launch.table.part[1]);
  for (int i = 0; i < 4; ++i) {
    const Step& step = *(std::array{&first, &second, &third, &fourth})[static_cast<size_t>(i)];
    EXPECT_EQ(launch.parts[launch.table.part[i]], step.joinable()->source());
  }
  const unsigned long long* words = launch.table.words + launch.table.first[1];
  EXPECT_EQ(words[0], address(memory));
  EXPECT_EQ(std::bit_cast<double>(words[1]), static_cast<double>(0.2f));
  EXPECT_EQ(words[2], address(memory + 2));
  words = launch.table.words + launch.table.first[3];
  EXPECT_EQ(words[0], address(memory));
  EXPECT_EQ(words[1], address(memory + 1));
  EXPECT_EQ(std::bit_cast<double>(words[2]), 0.5);
  EXPECT_EQ(words[3], address(memory + 2));
  EXPECT_EQ(launch.shared_bytes, (2 * 4 + 8 * 2 * 32) * sizeof(float));
}

TEST(JoinedSteps, AreNoMoreThanATableHolds) {
  const Step step(scaled(10, 0.1));
  float memory[2];
  const void* inputs[] = {memory};
  void* outputs[] = {memory + 1};
  JoinedSteps steps;
  unsigned count = 0;
  while (steps.add(step, {inputs, outputs})) ++count;
  const JoinedSteps::Launch launch = steps.take();
  EXPECT_EQ(launch.table.steps, count);
  EXPECT_LE(count, static_cast<unsigned>(castalia_joined::Table::kMostSteps));
  EXPECT_EQ(launch.table.first[count - 1], 3 * (count - 1));
  EXPECT_LE(sizeof launch.table, 4096u);
  // One alone is launched as ever.
  EXPECT_TRUE(steps.add(step, {inputs, outputs}));
  EXPECT_EQ(steps.take().alone, &step);
}

TEST(JoinedSteps, WriteOperandsBesideEachOther) {
  const auto step = JoinableStep::make(JoinedConcat{.rows = 3, .columns = {12, 0, 1}});
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->words(), 4u);
  EXPECT_NE(step->source().find("i < 36u"), std::string::npos);
  EXPECT_NE(step->source().find("out[i / 1u * 13u + 12u + i % 1u] = "
                                "__ldcg((const unsigned*)words[2] + i);"),
            std::string::npos)
      << step->source();
  EXPECT_FALSE(JoinableStep::make(JoinedConcat{.rows = 1 << 20, .columns = {1}}).has_value());
}

TEST(JoinedSteps, LeaveLargeWorkToTheWholeDevice) {
  EXPECT_EQ(Step(scaled(1 << 20, 1)).joinable(), nullptr);
  EXPECT_EQ(Step(scaled(0, 1)).joinable(), nullptr);
  JoinedPart product = scaled(9 * 4, 1);
  product.is_product = true;
  product.rows = 9;
  product.columns = product.depth = 4;
  EXPECT_EQ(Step(product).joinable(), nullptr);
  product = scaled(1000, 1);
  product.is_product = true;
  product.rows = 1;
  product.columns = product.depth = 1000;
  EXPECT_EQ(Step(product).joinable(), nullptr);
}

}  // namespace
}  // namespace castalia::cuda
