// The cases of an operator as tests run them.
#ifndef CASTALIA_CPP_OPS_SAMPLE_FOR_TEST_H_
#define CASTALIA_CPP_OPS_SAMPLE_FOR_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "cpp/graph/operator.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/reference.h"
#include "cpp/ops/reference_kernel.h"

namespace castalia {

struct Sample {
  const Operator& op;
  Case one;
  std::vector<TensorType> types;
  std::vector<Tensor> inputs;  // rounded to their types
  std::vector<TensorType> outputs;

  Sample(const Operator& op, const Case& one, DType floating)
      : op(op),
        one(one),
        types(operand_types(one, floating)),
        outputs(op.infer(types, one.attributes)) {
    for (const Tensor& drawn : draw_operands(one)) {
      const TensorType& type = types[inputs.size()];
      std::vector<std::byte> bytes(type.bytes());
      write_tensor(drawn, type.dtype, bytes.data());
      inputs.push_back(read_tensor(type, bytes.data()));
    }
  }
};

template <typename Visit>
void for_each_sample(const Operator& op, Visit visit) {
  for (const Case& one : find_cases(op.name)()) {
    for (const DType floating : {DType::float32, DType::float64}) {
      SCOPED_TRACE(describe(op.name, one) + " with " + name(floating));
      visit(Sample(op, one, floating));
    }
  }
}

// Within `ulps` units of rounding of the largest expected element: sums lose what their largest
// terms lose.
inline void expect_near(const Tensor& got, const Tensor& expected, DType dtype, double ulps) {
  ASSERT_EQ(got.shape, expected.shape);
  double scale = 1;
  for (const double x : expected.data) {
    if (std::isfinite(x)) scale = std::max(scale, std::abs(x));
  }
  const double unit = dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                              : std::numeric_limits<double>::epsilon();
  const double tolerance = is_floating(dtype) ? ulps * unit * scale : 0;
  for (int64_t i = 0; i < got.shape.count(); ++i) {
    if (std::isnan(expected[i])) {
      ASSERT_TRUE(std::isnan(got[i])) << "element " << i;
    } else if (std::isinf(expected[i])) {
      ASSERT_EQ(got[i], expected[i]) << "element " << i;
    } else {
      ASSERT_NEAR(got[i], expected[i], tolerance) << "element " << i;
    }
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SAMPLE_FOR_TEST_H_
