#include <algorithm>
#include <cmath>

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

constexpr int kChains = 8;

template <typename T>
double dot(const T* a, const double* b, int64_t n) {
  double chains[kChains] = {};
  int64_t j = 0;
  for (; j + kChains <= n; j += kChains) {
    for (int c = 0; c < kChains; ++c) chains[c] += static_cast<double>(a[j + c]) * b[j + c];
  }
  for (int c = 0; j + c < n; ++c) chains[c] += static_cast<double>(a[j + c]) * b[j + c];
  double sum = 0;
  for (const double chain : chains) sum += chain;
  return sum;
}

void normalize(double* x, int64_t n) {
  const double squares = dot(x, x, n);
  if (squares == 0) return;
  const double inverse = 1 / std::sqrt(squares);
  for (int64_t i = 0; i < n; ++i) x[i] *= inverse;
}

template <typename T>
class PowerIterationKernel : public Kernel {
 public:
  PowerIterationKernel(const Shape& w, int64_t iterations)
      : n_(w[0]), m_(w[1]), iterations_(iterations) {}

  size_t scratch_bytes() const override { return static_cast<size_t>(n_ + m_) * sizeof(double); }
  double flops() const override {
    return 4.0 * static_cast<double>(n_) * static_cast<double>(m_) *
           static_cast<double>(iterations_);
  }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    const T* w = static_cast<const T*>(arguments.inputs[0]);
    double* u = reinterpret_cast<double*>(arguments.scratch);
    double* v = u + n_;
    std::copy_n(static_cast<const T*>(arguments.inputs[1]), n_, u);
    for (int64_t step = 0; step < iterations_; ++step) {
      std::fill_n(v, m_, 0.0);
      for (int64_t i = 0; i < n_; ++i) {
        const T* row = w + i * m_;
        for (int64_t j = 0; j < m_; ++j) v[j] += u[i] * static_cast<double>(row[j]);
      }
      normalize(v, m_);
      for (int64_t i = 0; i < n_; ++i) u[i] = dot(w + i * m_, v, m_);
      normalize(u, n_);
    }
    const auto round = [](double x) { return static_cast<T>(x); };
    std::transform(u, u + n_, static_cast<T*>(arguments.outputs[0]), round);
    std::transform(v, v + m_, static_cast<T*>(arguments.outputs[1]), round);
  }

 private:
  int64_t n_;
  int64_t m_;
  int64_t iterations_;
};

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Shape& w = request.inputs[0].shape;
  const int64_t iterations = request.attributes.integer("iterations");
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<PowerIterationKernel<float>>(w, iterations);
  }
  return std::make_unique<PowerIterationKernel<double>>(w, iterations);
}

}  // namespace

void power_iteration_kernels(KernelTable& table) {
  table.add("power_iteration", {"loops", create});
}

}  // namespace castalia
