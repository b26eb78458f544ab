#include <algorithm>
#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/perceptron_cuda.h"

namespace castalia {
namespace {

enum class ContractionActivation : uint8_t { lipswish, elu, tanh };

CASTALIA_ANYWHERE double activated(ContractionActivation activation, double x) {
  switch (activation) {
    case ContractionActivation::tanh: return std::tanh(x);
    case ContractionActivation::elu: return x > 0 ? x : std::expm1(x);
    case ContractionActivation::lipswish: break;
  }
  return x / (1.1 * (1 + std::exp(-x)));
}

// How far a step led, and the largest element that it led to.
struct ContractionStep {
  double change = 0;
  double size = 0;

  // NaN counts as larger than numbers: a row that holds one takes all steps.
  CASTALIA_ANYWHERE ContractionStep operator()(const ContractionStep& a,
                                               const ContractionStep& b) const {
    return {a.change <= b.change || std::isnan(b.change) ? b.change : a.change,
            a.size < b.size ? b.size : a.size};
  }
};

// A few rows. One that stands waits for the others and has the bits that it would have alone.
template <typename T, int kRows>
struct ContractionInverseRows {
  PerceptronOnDevice perceptron;
  bool bias_of_each_row[PerceptronOnDevice::kMost];
  ContractionActivation activation;
  int64_t rows, n, steps;
  double enough;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const cuda::Block& group,
                                    int64_t index, double* work) const {
    const int64_t stride = perceptron.widest;
    double* const x = work;
    double* const g = work + kRows * stride;
    // Beyond the last row this row is computed once more.
    int64_t row[kRows];
    bool stands[kRows] = {};
    for (int r = 0; r < kRows; ++r) {
      row[r] = index * kRows + r < rows ? index * kRows + r : rows - 1;
      group.each(n, [&](int64_t i) { x[r * stride + i] = y(operands, row[r], i); });
    }
    group.sync();
    for (int64_t step = 0; step < steps; ++step) {
      const double* const image = branch(operands, group, row, x, g);
      bool all = true;
      for (int r = 0; r < kRows; ++r) {
        if (stands[r]) continue;
        ContractionStep own;
        group.each(n, [&](int64_t i) {
          double& element = x[r * stride + i];
          const double next = y(operands, row[r], i) - image[r * stride + i];
          own = ContractionStep()(own, {std::abs(next - element), std::abs(next)});
          element = next;
        });
        own = group.reduce(own, ContractionStep());
        stands[r] = own.change <= enough * own.size;
        all = all && stands[r];
      }
      group.sync();
      if (all) break;
    }
    for (int r = 0; r < kRows; ++r) {
      if (index * kRows + r >= rows) continue;
      group.each(n, [&](int64_t i) {
        operands.out<T>(0)[row[r] * n + i] = static_cast<T>(x[r * stride + i]);
      });
    }
  }

 private:
  CASTALIA_ANYWHERE double y(const cuda::Operands& operands, int64_t row, int64_t i) const {
    return static_cast<double>(operands.in<T>(0)[row * n + i]);
  }

  // The perceptron of the rows, in one of two pieces of memory.
  CASTALIA_ANYWHERE const double* branch(const cuda::Operands& operands, const cuda::Block& group,
                                         const int64_t (&row)[kRows], const double* x,
                                         double* memory) const {
    const double* a = x;
    for (int layer = 0; layer < perceptron.layers; ++layer) {
      double* const next = memory + layer % 2 * kRows * perceptron.widest;
      const int64_t outputs = perceptron.outputs[layer];
      const T* const bias = operands.in<T>(2 + 2 * layer);
      const bool last = layer + 1 == perceptron.layers;
      multiply_rows<kRows>(
          group, operands.in<T>(1 + 2 * layer), perceptron.inputs[layer], outputs, a, next,
          perceptron.widest,
          [&](int r, int64_t j) {
            return static_cast<double>(bias[bias_of_each_row[layer] ? row[r] * outputs + j : j]);
          },
          [&](int, int64_t, double sum) { return last ? sum : activated(activation, sum); });
      a = next;
    }
    return a;
  }
};

template <typename T>
std::unique_ptr<Kernel> make_contraction_inverse_rows(const KernelRequest& request) {
  auto kernel = cuda::kernel_for("contraction_inverse", request);
  const std::string& activation = request.attributes.string("activation");
  const double contraction = request.attributes.real("contraction");
  const double precision = sizeof(T) == 4 ? 1e-9 : 2.3e-16;
  const PerceptronOnDevice perceptron(request, 1);
  const int64_t rows = request.inputs[0].shape[0];
  add_perceptron_tasks(*kernel, perceptron, rows, 3, [&]<int Rows>() {
    ContractionInverseRows<T, Rows> body{
        .perceptron = perceptron,
        .bias_of_each_row = {},
        .activation = activation == "tanh"  ? ContractionActivation::tanh
                      : activation == "elu" ? ContractionActivation::elu
                                            : ContractionActivation::lipswish,
        .rows = rows,
        .n = request.inputs[0].shape[1],
        .steps = static_cast<int64_t>(std::log(precision) / std::log(contraction)) + 2,
        // What is left to go is at most the last step times this ratio's inverse.
        .enough = std::max(precision * (1 - contraction) / contraction, 2.3e-16)};
    for (int layer = 0; layer < perceptron.layers; ++layer) {
      const auto bias = static_cast<size_t>(2 + 2 * layer);
      body.bias_of_each_row[layer] = request.inputs[bias].shape[0] != 1;
    }
    return body;
  });
  return kernel;
}

std::unique_ptr<Kernel> make_contraction_inverse_on_device(const KernelRequest& request,
                                                           std::string*) {
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_contraction_inverse_rows<T>(request);
  });
}

}  // namespace

void contraction_inverse_cuda_kernels(KernelTable& table) {
  table.add("contraction_inverse", {"cuda", make_contraction_inverse_on_device});
}

}  // namespace castalia
