#include "cpp/ops/random.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {

Attributes random_attributes(int64_t rows, int64_t features, int64_t stage, DType dtype) {
  return {{"rows", rows},
          {"features", features},
          {"stage", stage},
          {"dtype", static_cast<int64_t>(dtype)}};
}

void expect_random(std::span<const TensorType> inputs, const Attributes& attributes, int more) {
  expect_operands(inputs, 2 + more);
  for (const TensorType& input : inputs.first(2)) {
    if (!(input == TensorType{DType::int64, {}})) {
      fail(Code::dtype_mismatch, "takes seed and first event as int64[], not ", input);
    }
  }
  const int64_t stage = attributes.integer("stage");
  if (stage < 0 || stage > 65535) {
    fail(Code::out_of_range, "stage ", stage, " is not in [0, 65535]");
  }
}

std::vector<TensorType> infer_random(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  expect_random(inputs, attributes, 0);
  const DType dtype = dtype_attribute(attributes, "dtype");
  expect_floating({dtype, {}});
  return {{dtype, {attributes.integer("rows"), attributes.integer("features")}}};
}

}  // namespace castalia
