// Activation functions (cpp/ops/activation.h) inside kernels for a device.
#ifndef CASTALIA_CPP_OPS_ACTIVATION_CUDA_H_
#define CASTALIA_CPP_OPS_ACTIVATION_CUDA_H_

#include <cmath>
#include <string>

#include "cpp/base/status.h"
#include "cpp/ops/activation.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// One of the activations, chosen while the kernel runs.
template <typename T>
class ActivationOnDevice {
 public:
  // An Error (not_found) for an unknown name.
  explicit ActivationOnDevice(const std::string& name) {
    const Activation& activation = find_activation(name);
    constant_ = static_cast<T>(activation.constant.value_or(0));
    const std::string& o = activation.operation;
    kind_ = o == "relu"         ? Kind::relu
            : o == "leaky_relu" ? Kind::leaky_relu
            : o == "elu"        ? Kind::elu
            : o == "silu"       ? Kind::silu
            : o == "gelu"       ? Kind::gelu
            : o == "softplus"   ? Kind::softplus
            : o == "tanh"       ? Kind::tanh
                                : Kind::sigmoid;
    check(kind_ != Kind::sigmoid || o == "sigmoid", "the activation '", o, "' is unknown here");
  }

  CASTALIA_ANYWHERE T operator()(T x) const {
    constexpr T kHalfRoot = static_cast<T>(0.70710678118654752);
    switch (kind_) {
      case Kind::relu: return x < 0 ? T(0) : x;
      case Kind::leaky_relu: return x > 0 ? x : constant_ * x;
      case Kind::elu: return x > 0 ? x : constant_ * std::expm1(x);
      case Kind::silu: return x * sigmoid(x);
      case Kind::gelu: return T(0.5) * x * std::erfc(-x * kHalfRoot);
      case Kind::softplus: return (x < 0 ? T(0) : x) + std::log1p(std::exp(-std::abs(x)));
      case Kind::tanh: return std::tanh(x);
      case Kind::sigmoid: break;
    }
    return sigmoid(x);
  }

 private:
  enum class Kind { relu, leaky_relu, elu, silu, gelu, softplus, tanh, sigmoid };

  // exp of a negative number only: never overflows.
  CASTALIA_ANYWHERE static T sigmoid(T x) {
    const T e = std::exp(-std::abs(x));
    return (x < 0 ? e : T(1)) / (1 + e);
  }

  Kind kind_;
  T constant_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_ACTIVATION_CUDA_H_
