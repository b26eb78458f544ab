// Reductions on a device, in the emulation, over shapes that take every way of sharing out the
// work, and the laws of the order in which they add.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cpp/ops/cases.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/run_kernel_for_test.h"
#include "cpp/ops/sample_for_test.h"

namespace castalia {
namespace {

std::vector<Tensor> run_on_device(const Sample& sample) {
  static const KernelTable table = [] {
    KernelTable filled;
    add_all_cuda_kernels(filled);
    return filled;
  }();
  const KernelRequest request{sample.one.attributes, sample.types, sample.outputs};
  std::string refusal;
  const auto kernel = table.find(sample.op.name).front().create(request, &refusal);
  const auto bytes =
      run_kernel(*kernel, sample.types, sample.inputs, sample.outputs, TileOrder::together);
  std::vector<Tensor> results;
  for (size_t i = 0; i < bytes.size(); ++i) {
    results.push_back(read_tensor(sample.outputs[i], bytes[i].data()));
  }
  return results;
}

// Within so many units of rounding of float32; of float64 256 times as many, for the reference adds
// its many terms in float64, too.
void expect_reference(const Operator& op, const Case& one, double ulps) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    SCOPED_TRACE(describe(op.name, one) + " with " + name(dtype));
    const Sample sample(op, one, dtype);
    const auto expected = interpret(op, one.attributes, sample.types, sample.inputs);
    const auto got = run_on_device(sample);
    for (size_t i = 0; i < expected.size(); ++i) {
      const DType type = sample.outputs[i].dtype;
      expect_near(got[i], expected[i], type, type == DType::float64 ? 256 * ulps : ulps);
    }
  }
}

Attributes sum_attributes(const std::vector<int64_t>& axes, DType dtype) {
  return {{"axes", axes}, {"keep", int64_t{0}}, {"dtype", static_cast<int64_t>(dtype)}};
}

struct Reduced {
  Shape shape;
  std::vector<int64_t> axes;
};

// Rows of all lengths, columns that are cut into pieces or not, and several groups of axes.
std::vector<Reduced> reductions() {
  return {
      {{8192, 128}, {0}},
      {{1024, 504}, {0}},
      {{65536, 12}, {0}},
      {{65536, 1}, {0}},
      {{40000}, {0}},
      {{300, 400}, {0, 1}},
      {{1, 20000}, {1}},
      {{3, 16385}, {1}},
      {{5, 2000}, {1}},
      {{2, 5000}, {1}},
      {{600, 33}, {1}},
      {{600, 32}, {1}},
      {{129, 31}, {1}},
      {{300, 4}, {1}},
      {{300, 5}, {1}},
      {{7, 600, 3}, {1}},
      {{50, 30, 3}, {1}},
      {{50, 17, 65}, {1}},
      {{2, 5000, 33}, {1}},
      {{300, 1000}, {0}},
      {{64, 8, 300}, {0, 2}},
      {{64, 20000, 1, 3}, {1}},
      {{3, 17, 40, 19}, {0, 2}},
      {{2, 20000, 3}, {0, 1}},
      {{17, 5, 16500}, {0, 2}},
  };
}

TEST(CudaReductions, SumsAreThoseOfPlainLoops) {
  for (const Reduced& each : reductions()) {
    for (const DType result : {DType::float32, DType::float64}) {
      expect_reference(
          sum_operator(),
          {{{each.shape, {.low = -1.0, .high = 2.0}}}, sum_attributes(each.axes, result)}, 1);
    }
  }
}

TEST(CudaReductions, OfOneAxisAreThoseOfPlainLoops) {
  for (const Reduced& each : reductions()) {
    if (each.axes.size() > 1 || each.shape.count() > 500000) continue;
    const Attributes attributes{{"axis", each.axes[0]}, {"keep", int64_t{0}}};
    // Whole numbers: many are equal.
    const Case one{{{each.shape, {.low = -9.0, .high = 9.0, .integral = true}}}, attributes};
    for (const Operator* op :
         {&max_operator(), &min_operator(), &argmax_operator(), &argmin_operator()}) {
      expect_reference(*op, one, 0);
    }
    expect_reference(product_operator(),
                     {{{each.shape, {.low = 0.998, .high = 1.002}}}, attributes}, 64);
  }
}

TEST(CudaReductions, ANaNIsTheLargestAndTheSmallestWhereverItStands) {
  for (const int64_t n : {3, 30, 700, 3000, 20000}) {
    for (const int64_t inner : {1, 3}) {
      for (const int64_t place : {int64_t{0}, n / 2, n - 1}) {
        Case one{{{{2, n, inner}}}, {{"axis", int64_t{1}}, {"keep", int64_t{0}}}};
        one.operands[0].values.assign(static_cast<size_t>(2 * n * inner),
                                      -std::numeric_limits<double>::infinity());
        one.operands[0].values[static_cast<size_t>(place * inner)] = NAN;
        for (const Operator* op :
             {&max_operator(), &min_operator(), &argmax_operator(), &argmin_operator()}) {
          expect_reference(*op, one, 0);
        }
      }
    }
  }
}

TEST(CudaReductions, LongRowsAndManyRowsOfOtherOperators) {
  const Domain x{.low = -2.0, .high = 3.0};
  const Domain flag{.low = 0, .high = 1, .integral = true};
  for (const int64_t columns : {40, 1500, 9000}) {
    expect_reference(softmax_operator(), {{{{3, columns}, x}}}, 64);
    expect_reference(logsumexp_operator(), {{{{3, columns}, x}}}, 64);
    expect_reference(normalize_operator(),
                     {{{{3, 1, 1, columns}, x}, {{1, columns}}, {{1, columns}}},
                      {{"epsilon", 1e-3}, {"centred", int64_t{1}}}},
                     64);
  }
  for (const Shape& shape : {Shape{8192, 128}, Shape{65536, 1}, Shape{1000, 70}}) {
    expect_reference(moments_operator(), {{{shape, x}}}, 64);
    expect_reference(centred_sums_operator(), {{{shape, x}, {shape, x}, {{shape[1]}, x}}}, 256);
  }
  expect_reference(masked_sum_operator(), {{{{40, 150, 5}, x}, {{40, 150}, flag}}}, 1);
  const Domain segment{.low = -1.0, .high = 3.4, .integral = true};
  const Case segments{{{{20000, 3}, x}, {{20000}, segment, DType::int32}},
                      {{"segments", int64_t{4}}}};
  expect_reference(segment_sum_operator(), segments, 1);
  expect_reference(segment_max_operator(), segments, 0);
}

// Sorted, as graphs in a batch have them, and not; some segments without rows.
TEST(CudaReductions, OfManySegments) {
  for (const DType index : {DType::int32, DType::int64}) {
    for (const bool sorted : {true, false}) {
      Case one{{{{5001, 3}, {.low = -2.0, .high = 3.0}}, {{5001}, {}, index}},
               {{"segments", int64_t{300}}}};
      for (int64_t i = 0; i < 5001; ++i) {
        const int64_t id = sorted ? i / 16 - 3 : i * 7919 % 311 - 5;
        one.operands[1].values.push_back(static_cast<double>(id));
      }
      expect_reference(segment_sum_operator(), one, 1);
      expect_reference(segment_max_operator(), one, 0);
    }
  }
}

// A large first element does not cost the variance its digits.
TEST(CudaReductions, MomentsOfColumnsFarFromZero) {
  Case one{{{{5000, 2}}}};
  for (int64_t i = 0; i < 10000; ++i) {
    one.operands[0].values.push_back(i < 2 ? 4096.0 : 1e4 + static_cast<double>(i % 7) / 8);
  }
  expect_reference(moments_operator(), one, 64);
}

// What stands in a row has the same bits beside any number of rows.
TEST(CudaReductions, RowsDoNotDependOnEachOther) {
  for (const Shape& row :
       {Shape{5, 1}, Shape{30, 1}, Shape{900, 1}, Shape{3000, 1}, Shape{9000, 1}, Shape{40000, 1},
        Shape{10, 3}, Shape{30, 3}, Shape{150, 64}, Shape{3000, 12}}) {
    std::vector<double> alone;
    for (const int64_t rows : {1, 2, 40}) {
      Shape shape = row;
      shape.insert(0, rows);
      Case one{{{shape}}, sum_attributes({1}, DType::float64)};
      for (int64_t i = 0; i < shape.count(); ++i) {
        const auto at = static_cast<double>(i % row.count());
        one.operands[0].values.push_back(std::sin(at) * std::exp(std::cos(3 * at) * 9));
      }
      const Tensor sums = run_on_device(Sample(sum_operator(), one, DType::float64))[0];
      if (alone.empty()) alone = sums.data;
      for (size_t i = 0; i < sums.data.size(); ++i) {
        ASSERT_EQ(sums.data[i], alone[i % alone.size()]) << shape << ", element " << i;
      }
    }
  }
}

}  // namespace
}  // namespace castalia
