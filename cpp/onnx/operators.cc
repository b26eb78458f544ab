#include "cpp/onnx/operators.h"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "cpp/graph/operator.h"

namespace castalia::onnx {
namespace {

using Emitter = std::function<std::string(const Emission&)>;

// One node of ONNX with the same operands.
Emitter as(const char* op_type) {
  return [op_type](const Emission& e) { return e.builder.node(op_type, e.inputs); };
}

// What ONNX says in truth values, the graph says in numbers: 1 and 0.
std::string number(const Emission& e, const std::string& truth) {
  return e.cast(truth, element_type(e.dtype()));
}
std::string truth(const Emission& e, const std::string& number) {
  return e.cast(number, ElementType::boolean);
}

Emitter comparison(const char* op_type) {
  return [op_type](const Emission& e) { return number(e, e.builder.node(op_type, e.inputs)); };
}

Emitter logical(const char* op_type) {
  return [op_type](const Emission& e) {
    std::vector<std::string> truths;
    for (const std::string& each : e.inputs) truths.push_back(truth(e, each));
    return number(e, e.builder.node(op_type, truths));
  };
}

std::string select(const Emission& e, const std::string& truth, const std::string& a,
                   const std::string& b) {
  return e.builder.node("Where", {truth, a, b});
}

std::string square(const Emission& e) { return e.builder.node("Mul", {e.inputs[0], e.inputs[0]}); }

std::string is_finite(const Emission& e) {
  const std::string& x = e.inputs[0];
  return number(e, e.builder.node("Equal", {e.builder.node("Sub", {x, x}), e.scalar(0)}));
}

// log(u) x / (u - 1) with u the rounding of 1 + x: what u lost of x, the quotient gives back. x
// itself where u is 1.
std::string log1p(const Emission& e) {
  Builder& b = e.builder;
  const std::string& x = e.inputs[0];
  const std::string one = e.scalar(1);
  const std::string u = b.node("Add", {one, x});
  const std::string difference = b.node("Sub", {u, one});
  const std::string is_one = b.node("Equal", {u, one});
  const std::string ratio = b.node("Div", {x, select(e, is_one, one, difference)});
  const std::string found = b.node("Mul", {b.node("Log", {u}), ratio});
  // Infinity over infinity is no number, and its logarithm is itself.
  const std::string infinite =
      b.node("Equal", {x, e.scalar(std::numeric_limits<double>::infinity())});
  return select(e, infinite, x, select(e, is_one, x, found));
}

// 2 t / (1 - t) with t = tanh(x / 2), which keeps small x; exp(x) - 1 where there is nothing to
// lose.
std::string expm1(const Emission& e) {
  Builder& b = e.builder;
  const std::string& x = e.inputs[0];
  const std::string one = e.scalar(1);
  const std::string is_small = b.node("Less", {b.node("Abs", {x}), one});
  const std::string inside = select(e, is_small, x, e.scalar(0));
  const std::string t = b.node("Tanh", {b.node("Mul", {inside, e.scalar(0.5)})});
  const std::string near =
      b.node("Div", {b.node("Mul", {t, e.scalar(2)}), b.node("Sub", {one, t})});
  return select(e, is_small, near, b.node("Sub", {b.node("Exp", {x}), one}));
}

// max(x, 0) + log(1 + exp(-|x|)), by log1p.
std::string softplus(const Emission& e) {
  Builder& b = e.builder;
  const std::string& x = e.inputs[0];
  Emission rest = e;
  rest.inputs = {b.node("Exp", {b.node("Neg", {b.node("Abs", {x})})})};
  return b.node("Add", {b.node("Max", {x, e.scalar(0)}), log1p(rest)});
}

std::string leaky_relu(const Emission& e) {
  const std::string& x = e.inputs[0];
  const std::string positive = e.builder.node("Less", {e.scalar(0), x});
  return select(e, positive, x, e.builder.node("Mul", {x, e.inputs[1]}));
}

std::string elu(const Emission& e) {
  const std::string& x = e.inputs[0];
  const std::string positive = e.builder.node("Less", {e.scalar(0), x});
  Emission rest = e;
  rest.inputs = {x};
  return select(e, positive, x, e.builder.node("Mul", {expm1(rest), e.inputs[1]}));
}

std::string silu(const Emission& e) {
  return e.builder.node("Mul", {e.inputs[0], e.builder.node("Sigmoid", e.inputs)});
}

// Runtimes have it of float32 alone, so that a float64 model keeps seven digits here.
std::string erf(const Emission& e) {
  if (e.dtype() == DType::float32) return e.builder.node("Erf", e.inputs);
  const std::string rounded = e.cast(e.inputs[0], ElementType::float32);
  return e.cast(e.builder.node("Erf", {rounded}), element_type(e.dtype()));
}

std::string gelu(const Emission& e) {
  Builder& b = e.builder;
  const std::string& x = e.inputs[0];
  Emission scaled = e;
  scaled.inputs = {b.node("Mul", {x, e.scalar(std::sqrt(0.5))})};
  const std::string twice = b.node("Add", {erf(scaled), e.scalar(1)});
  return b.node("Mul", {b.node("Mul", {x, e.scalar(0.5)}), twice});
}

std::string take(const Emission& e) {
  return e.builder.node("Gather",
                        {e.inputs[0], e.builder.integers(e.node.attributes.integers("indices"))},
                        {{"axis", e.node.attributes.integer("axis")}});
}

std::string slice(const Emission& e) {
  const Attributes& a = e.node.attributes;
  return e.builder.node(
      "Slice", {e.inputs[0], e.builder.integers({a.integer("first")}),
                e.builder.integers({a.integer("last")}), e.builder.integers({a.integer("axis")})});
}

std::string concat(const Emission& e) {
  return e.builder.node("Concat", e.inputs, {{"axis", e.node.attributes.integer("axis")}});
}

std::string pad(const Emission& e) {
  const Attributes& a = e.node.attributes;
  const auto rank = static_cast<size_t>(e.node.outputs[0].shape.rank());
  const auto axis = static_cast<size_t>(a.integer("axis"));
  std::vector<int64_t> pads(2 * rank, 0);
  pads[axis] = a.integer("before");
  pads[rank + axis] = a.integer("after");
  return e.builder.node("Pad", {e.inputs[0], e.builder.integers(pads)});
}

std::string transpose(const Emission& e) {
  return e.builder.node("Transpose", e.inputs,
                        {{"perm", e.node.attributes.integers("permutation")}});
}

std::string reshape(const Emission& e) {
  return e.builder.node("Reshape", {e.inputs[0], e.output_extents(true)});
}

std::string broadcast_to(const Emission& e) {
  return e.builder.node("Expand", {e.inputs[0], e.output_extents(false)});
}

std::string cast(const Emission& e) { return e.cast(e.inputs[0], element_type(e.dtype())); }

std::string last_two_swapped(const Emission& e, size_t operand) {
  std::vector<int64_t> axes(static_cast<size_t>(e.node.inputs[operand].shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return e.builder.node("Transpose", {e.inputs[operand]}, {{"perm", axes}});
}

std::string matmul(const Emission& e) {
  const Attributes& a = e.node.attributes;
  const auto side = [&e](bool transposed, size_t operand) {
    return transposed ? last_two_swapped(e, operand) : e.inputs[operand];
  };
  return e.builder.node(
      "MatMul", {side(a.integer("transpose_a") != 0, 0), side(a.integer("transpose_b") != 0, 1)});
}

std::string sum(const Emission& e) {
  std::string x = e.inputs[0];
  if (e.node.inputs[0].dtype() != e.dtype()) x = e.cast(x, element_type(e.dtype()));
  const std::vector<int64_t>& axes = e.node.attributes.integers("axes");
  if (axes.empty()) return x;
  return e.builder.node("ReduceSum", {x, e.builder.integers(axes)},
                        {{"keepdims", e.node.attributes.integer("keep")}});
}

std::string max(const Emission& e) {
  return e.builder.node("ReduceMax", e.inputs,
                        {{"axes", std::vector<int64_t>{e.node.attributes.integer("axis")}},
                         {"keepdims", e.node.attributes.integer("keep")}});
}

std::string argmax(const Emission& e) {
  return e.builder.node("ArgMax", e.inputs,
                        {{"axis", e.node.attributes.integer("axis")},
                         {"keepdims", e.node.attributes.integer("keep")}});
}

std::string cumulative_sum(const Emission& e) {
  const int64_t last = e.node.outputs[0].shape.rank() - 1;
  const std::string_view bytes(reinterpret_cast<const char*>(&last), sizeof last);
  return e.builder.node("CumSum", {e.inputs[0], e.builder.constant(ElementType::int64, {}, bytes)},
                        {{"reverse", e.node.attributes.integer("reverse")}});
}

std::string same(const Emission& e) { return e.inputs[0]; }

const std::map<std::string, Emitter>& emitters() {
  static const std::map<std::string, Emitter> table = {
      {"abs", as("Abs")},
      {"acos", as("Acos")},
      {"add", as("Add")},
      {"argmax", argmax},
      {"asin", as("Asin")},
      {"asinh", as("Asinh")},
      {"atan", as("Atan")},
      {"atanh", as("Atanh")},
      {"barrier", same},
      {"broadcast_to", broadcast_to},
      {"cast", cast},
      {"concat", concat},
      {"cos", as("Cos")},
      {"cosh", as("Cosh")},
      {"cumulative_sum", cumulative_sum},
      {"divide", as("Div")},
      {"elu", elu},
      {"equal", comparison("Equal")},
      {"erf", erf},
      {"exp", as("Exp")},
      {"expm1", expm1},
      {"floor", as("Floor")},
      {"gelu", gelu},
      {"is_finite", is_finite},
      {"leaky_relu", leaky_relu},
      {"less", comparison("Less")},
      {"less_equal", comparison("LessOrEqual")},
      {"log", as("Log")},
      {"log1p", log1p},
      {"logical_and", logical("And")},
      {"logical_not", logical("Not")},
      {"logical_or", logical("Or")},
      {"matmul", matmul},
      {"max", max},
      {"maximum", as("Max")},
      {"minimum", as("Min")},
      {"multiply", as("Mul")},
      {"negate", as("Neg")},
      {"not_equal",
       [](const Emission& e) {
         return number(e, e.builder.node("Not", {e.builder.node("Equal", e.inputs)}));
       }},
      {"pad", pad},
      {"pow", as("Pow")},
      {"reciprocal", as("Reciprocal")},
      {"relu", as("Relu")},
      {"reshape", reshape},
      {"round", as("Round")},
      {"select",
       [](const Emission& e) {
         return select(e, truth(e, e.inputs[0]), e.inputs[1], e.inputs[2]);
       }},
      {"sigmoid", as("Sigmoid")},
      {"sign", as("Sign")},
      {"silu", silu},
      {"sin", as("Sin")},
      {"sinh", as("Sinh")},
      {"slice", slice},
      {"softplus", softplus},
      {"sqrt", as("Sqrt")},
      {"square", square},
      {"stop_gradient", same},
      {"subtract", as("Sub")},
      {"sum", sum},
      {"take", take},
      {"tan", as("Tan")},
      {"tanh", as("Tanh")},
      {"transpose", transpose},
  };
  return table;
}

}  // namespace

std::string Emission::scalar(double value) const {
  const DType dtype = node.inputs[0].dtype();
  const auto stored = [&](const auto& number) {
    const std::string_view bytes(reinterpret_cast<const char*>(&number), sizeof number);
    return builder.constant(element_type(dtype), {}, bytes);
  };
  return dtype == DType::float32 ? stored(static_cast<float>(value)) : stored(value);
}

std::string Emission::cast(const std::string& value, ElementType type) const {
  return builder.node("Cast", {value}, {{"to", static_cast<int64_t>(type)}});
}

std::string emit(const Emission& emission) {
  const auto found = emitters().find(emission.node.op->name);
  return found == emitters().end() ? "" : found->second(emission);
}

}  // namespace castalia::onnx
