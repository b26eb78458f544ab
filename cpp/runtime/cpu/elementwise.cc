#include "cpp/runtime/cpu/elementwise.h"

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/elementwise.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/math_special.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#define CASTALIA_UNARY(Name, expression)                   \
  struct Name {                                            \
    static constexpr int kOperands = 1;                    \
    template <class D, class V>                            \
    static HWY_INLINE V apply([[maybe_unused]] D d, V a) { \
      return expression;                                   \
    }                                                      \
  };
#define CASTALIA_BINARY(Name, expression)                       \
  struct Name {                                                 \
    static constexpr int kOperands = 2;                         \
    template <class D, class V>                                 \
    static HWY_INLINE V apply([[maybe_unused]] D d, V a, V b) { \
      return expression;                                        \
    }                                                           \
  };

template <class D>
HWY_INLINE hn::Vec<D> one(D d) {
  return hn::Set(d, hn::TFromD<D>(1));
}
template <class D, class M>
HWY_INLINE hn::Vec<D> truth(D d, M mask) {
  return hn::IfThenElseZero(mask, one(d));
}
// NaN is true, as it is not 0; Highway's Ne differs between targets there.
template <class D, class V>
HWY_INLINE hn::Mask<D> is_true(D d, V a) {
  return hn::Not(hn::Eq(a, hn::Zero(d)));
}
template <class D, class V>
HWY_INLINE V sign(D d, V a) {
  const V unit = hn::CopySign(one(d), a);
  return hn::IfThenElse(hn::Or(hn::Gt(a, hn::Zero(d)), hn::Lt(a, hn::Zero(d))), unit, a);
}
// Comparisons with NaN are false: where b is NaN it is taken, and a is where a is.
template <class V>
HWY_INLINE V maximum(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
}
template <class V>
HWY_INLINE V minimum(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
}

CASTALIA_UNARY(Copy, a)
CASTALIA_UNARY(Neg, hn::Neg(a))
CASTALIA_UNARY(AbsoluteValue, hn::Abs(a))
CASTALIA_UNARY(Sign, sign(d, a))
CASTALIA_UNARY(Sqrt, hn::Sqrt(a))
CASTALIA_UNARY(Square, hn::Mul(a, a))
CASTALIA_UNARY(Reciprocal, hn::Div(one(d), a))
// The scalar target would lose the sign of zero.
CASTALIA_UNARY(Floor, hn::CopySign(hn::Floor(a), a))
CASTALIA_UNARY(Round, hn::CopySign(hn::Round(a), a))
CASTALIA_UNARY(Exp, exp(d, a))
CASTALIA_UNARY(Log, log(d, a))
CASTALIA_UNARY(Log1p, log1p(d, a))
CASTALIA_UNARY(Expm1, expm1(d, a))
CASTALIA_UNARY(Tanh, tanh(d, a))
CASTALIA_UNARY(Sigmoid, sigmoid(d, a))
CASTALIA_UNARY(Softplus, softplus(d, a))
CASTALIA_UNARY(Silu, silu(d, a))
CASTALIA_UNARY(SiluDerivative, silu_derivative(d, a))
CASTALIA_UNARY(Gelu, gelu(d, a))
CASTALIA_UNARY(GeluDerivative, gelu_derivative(d, a))
CASTALIA_UNARY(Relu, hn::IfThenElse(hn::Lt(a, hn::Zero(d)), hn::Zero(d), a))
CASTALIA_UNARY(Erf, erf(d, a))
CASTALIA_UNARY(Sin, sin(d, a))
CASTALIA_UNARY(Cos, cos(d, a))
CASTALIA_UNARY(Tan, tan(d, a))
CASTALIA_UNARY(Atan, atan(d, a))
CASTALIA_UNARY(Asin, asin(d, a))
CASTALIA_UNARY(Acos, acos(d, a))
CASTALIA_UNARY(Sinh, sinh(d, a))
CASTALIA_UNARY(Cosh, cosh(d, a))
CASTALIA_UNARY(Asinh, asinh(d, a))
CASTALIA_UNARY(Atanh, atanh(d, a))
CASTALIA_UNARY(Erfc, erfc(d, a))
CASTALIA_UNARY(Lgamma, lgamma(d, a))
CASTALIA_UNARY(Digamma, digamma(d, a))
CASTALIA_UNARY(IsFinite, truth(d, hn::IsFinite(a)))
CASTALIA_UNARY(LogicalNot, truth(d, hn::Eq(a, hn::Zero(d))))
CASTALIA_BINARY(Add, hn::Add(a, b))
CASTALIA_BINARY(Sub, hn::Sub(a, b))
CASTALIA_BINARY(Mul, hn::Mul(a, b))
CASTALIA_BINARY(Div, hn::Div(a, b))
CASTALIA_BINARY(Maximum, maximum(a, b))
CASTALIA_BINARY(Minimum, minimum(a, b))
CASTALIA_BINARY(Atan2, atan2(d, a, b))
CASTALIA_BINARY(Pow, pow(d, a, b))
CASTALIA_BINARY(Polygamma, polygamma(d, a, b))
CASTALIA_BINARY(LeakyRelu, hn::IfThenElse(hn::Gt(a, hn::Zero(d)), a, hn::Mul(a, b)))
CASTALIA_BINARY(Elu, hn::IfThenElse(hn::Gt(a, hn::Zero(d)), a, hn::Mul(expm1(d, a), b)))
CASTALIA_BINARY(Less, truth(d, hn::Lt(a, b)))
CASTALIA_BINARY(LessEqual, truth(d, hn::Le(a, b)))
CASTALIA_BINARY(Greater, truth(d, hn::Gt(a, b)))
CASTALIA_BINARY(GreaterEqual, truth(d, hn::Ge(a, b)))
CASTALIA_BINARY(Equal, truth(d, hn::Eq(a, b)))
CASTALIA_BINARY(NotEqual, truth(d, hn::Not(hn::Eq(a, b))))
CASTALIA_BINARY(LogicalAnd, truth(d, hn::And(is_true(d, a), is_true(d, b))))
CASTALIA_BINARY(LogicalOr, truth(d, hn::Or(is_true(d, a), is_true(d, b))))
struct Select {
  static constexpr int kOperands = 3;
  template <class D, class V>
  static HWY_INLINE V apply(D d, V condition, V a, V b) {
    return hn::IfThenElse(is_true(d, condition), a, b);
  }
};
#undef CASTALIA_UNARY
#undef CASTALIA_BINARY

template <class Operation, typename T>
void tile(const void* const* in, void* out, size_t count) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  T* to = static_cast<T*>(out);
  const T* a = static_cast<const T*>(in[0]);
  if constexpr (Operation::kOperands == 1) {
    for (size_t i = 0; i < count; i += lanes) {
      hn::StoreU(Operation::apply(d, hn::LoadU(d, a + i)), d, to + i);
    }
  } else if constexpr (Operation::kOperands == 2) {
    const T* b = static_cast<const T*>(in[1]);
    for (size_t i = 0; i < count; i += lanes) {
      hn::StoreU(Operation::apply(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, to + i);
    }
  } else {
    const T* b = static_cast<const T*>(in[1]);
    const T* c = static_cast<const T*>(in[2]);
    for (size_t i = 0; i < count; i += lanes) {
      hn::StoreU(Operation::apply(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i), hn::LoadU(d, c + i)),
                 d, to + i);
    }
  }
}

template <typename From, typename To>
void convert(const void* const* in, void* out, size_t count) {
  // As many lanes as a vector of double has.
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> df;
  const From* from = static_cast<const From*>(in[0]);
  To* to = static_cast<To*>(out);
  for (size_t i = 0; i < count; i += hn::Lanes(dd)) {
    if constexpr (sizeof(From) == 4) {
      hn::StoreU(hn::PromoteTo(dd, hn::LoadU(df, from + i)), dd, to + i);
    } else {
      hn::StoreU(demote(df, hn::LoadU(dd, from + i)), df, to + i);
    }
  }
}

struct Entry {
  std::string_view name;
  int operands;
  TileFunction float32;
  TileFunction float64;
};

template <class Operation>
constexpr Entry entry(std::string_view name) {
  return {name, Operation::kOperands, &tile<Operation, float>, &tile<Operation, double>};
}

constexpr Entry kEntries[] = {
    entry<Copy>("copy"),
    entry<Neg>("neg"),
    entry<AbsoluteValue>("abs"),
    entry<Sign>("sign"),
    entry<Sqrt>("sqrt"),
    entry<Square>("square"),
    entry<Reciprocal>("reciprocal"),
    entry<Floor>("floor"),
    entry<Round>("round"),
    entry<Exp>("exp"),
    entry<Log>("log"),
    entry<Log1p>("log1p"),
    entry<Expm1>("expm1"),
    entry<Tanh>("tanh"),
    entry<Sigmoid>("sigmoid"),
    entry<Softplus>("softplus"),
    entry<Silu>("silu"),
    entry<SiluDerivative>("silu_derivative"),
    entry<Gelu>("gelu"),
    entry<GeluDerivative>("gelu_derivative"),
    entry<Relu>("relu"),
    entry<Erf>("erf"),
    entry<Sin>("sin"),
    entry<Cos>("cos"),
    entry<Tan>("tan"),
    entry<Atan>("atan"),
    entry<Asin>("asin"),
    entry<Acos>("acos"),
    entry<Sinh>("sinh"),
    entry<Cosh>("cosh"),
    entry<Asinh>("asinh"),
    entry<Atanh>("atanh"),
    entry<Erfc>("erfc"),
    entry<Lgamma>("lgamma"),
    entry<Digamma>("digamma"),
    entry<IsFinite>("is_finite"),
    entry<LogicalNot>("logical_not"),
    entry<Add>("add"),
    entry<Sub>("sub"),
    entry<Mul>("mul"),
    entry<Div>("div"),
    entry<Maximum>("maximum"),
    entry<Minimum>("minimum"),
    entry<Atan2>("atan2"),
    entry<Pow>("pow"),
    entry<Polygamma>("polygamma"),
    entry<LeakyRelu>("leaky_relu"),
    entry<Elu>("elu"),
    entry<Less>("less"),
    entry<LessEqual>("less_equal"),
    entry<Greater>("greater"),
    entry<GreaterEqual>("greater_equal"),
    entry<Equal>("equal"),
    entry<NotEqual>("not_equal"),
    entry<LogicalAnd>("logical_and"),
    entry<LogicalOr>("logical_or"),
    entry<Select>("select"),
};

const Entry* find(std::string_view operation) {
  for (const Entry& entry : kEntries) {
    if (entry.name == operation) return &entry;
  }
  return nullptr;
}

int find_operand_count(std::string_view operation) {
  const Entry* entry = find(operation);
  return entry == nullptr ? 0 : entry->operands;
}

TileFunction find_tile_function(std::string_view operation, DType dtype) {
  const Entry* entry = find(operation);
  if (entry == nullptr || !is_floating(dtype)) return nullptr;
  return dtype == DType::float32 ? entry->float32 : entry->float64;
}

TileFunction find_cast_function(DType from, DType to) {
  if (!is_floating(from) || !is_floating(to)) return nullptr;
  if (from == to) return find_tile_function("copy", to);
  return to == DType::float64 ? &convert<float, double> : &convert<double, float>;
}

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

HWY_EXPORT(find_operand_count);
HWY_EXPORT(find_tile_function);
HWY_EXPORT(find_cast_function);

int operand_count(std::string_view operation) {
  return HWY_DYNAMIC_DISPATCH(find_operand_count)(operation);
}

TileFunction tile_function(std::string_view operation, DType dtype) {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(find_tile_function)(operation, dtype);
}

TileFunction cast_function(DType from, DType to) {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(find_cast_function)(from, to);
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
