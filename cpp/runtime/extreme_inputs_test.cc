// Activations and norms at the ends of the range, in compiled Programs of both precisions: value,
// gradient and second gradient are finite, where a formula written down without care gives inf -
// inf or 0 * inf.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Function {
  const char* name;
  std::function<Value(Value)> apply;
};

const Function kFunctions[] = {
    {"relu", [](Value x) { return relu(x); }},
    {"leaky_relu", [](Value x) { return leaky_relu(x, 0.2); }},
    {"elu", [](Value x) { return elu(x); }},
    {"selu", [](Value x) { return selu(x); }},
    {"gelu", [](Value x) { return gelu(x); }},
    {"gelu by tanh", [](Value x) { return gelu(x, true); }},
    {"silu", [](Value x) { return silu(x); }},
    {"swish", [](Value x) { return swish(x, x.graph().scalar(1.5, x.dtype())); }},
    {"sigmoid", [](Value x) { return sigmoid(x); }},
    {"logsigmoid", [](Value x) { return logsigmoid(x); }},
    {"softplus", [](Value x) { return softplus(x); }},
    {"tanh", [](Value x) { return tanh(x); }},
    {"erf", [](Value x) { return erf(x); }},
    {"erfc", [](Value x) { return erfc(x); }},
    {"asinh", [](Value x) { return asinh(x); }},
    {"clamp", [](Value x) { return clamp(x, -3.0, 3.0); }},
    {"pow of 0", [](Value x) { return pow(0.0 * x, x.graph().scalar(2.5, x.dtype())); }},
    {"norm of 0", [](Value x) { return norm(0.0 * x, {0}); }},
    {"standard deviation of equals", [](Value x) { return standard_deviation(0.0 * x, {0}); }},
    {"product of 0", [](Value x) { return product(0.0 * x, 0); }},
};

template <typename T>
void expect_finite(const Function& function) {
  SCOPED_TRACE(text(function.name, " in float", 8 * sizeof(T)));
  const T huge = std::numeric_limits<T>::max() / 64;
  const T tiny = std::numeric_limits<T>::min();
  const std::vector<T> x = {0,    T(-0.0), 1,     -1,      tiny,     -tiny, tiny / 2, 10,   -10,
                            30,   -30,     95,    -95,     150,      -150,  750,      -750, T(1e5),
                            -1e5, T(1e12), -1e12, T(2e19), -T(2e19), huge,  -huge};
  Graph graph;
  const Value input = graph.input("x", {std::is_same_v<T, float> ? DType::float32 : DType::float64,
                                        {static_cast<int64_t>(x.size())}});
  const Value value = function.apply(input);
  const Value first = gradient(value, {&input, 1})[0];
  const Value second = gradient(first, {&input, 1})[0];
  graph.output("value", value);
  graph.output("gradient", first);
  graph.output("second gradient", second);
  Workspace workspace(compile(graph));
  std::copy(x.begin(), x.end(), static_cast<T*>(workspace.input("x")));
  workspace.run();
  for (const auto& [name, result] : graph.outputs()) {
    const T* elements = static_cast<const T*>(workspace.output(name));
    for (int64_t i = 0; i < result.shape().count(); ++i) {
      EXPECT_TRUE(std::isfinite(elements[i]))
          << name << " at " << x[static_cast<size_t>(i)] << " is " << elements[i];
    }
  }
}

TEST(ExtremeInputs, GiveFiniteValuesAndGradients) {
  for (const Function& function : kFunctions) {
    expect_finite<float>(function);
    expect_finite<double>(function);
  }
}

}  // namespace
}  // namespace castalia
