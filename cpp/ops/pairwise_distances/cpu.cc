#include <algorithm>
#include <cmath>

#include "cpp/ops/kernels.h"

namespace castalia {
namespace {

struct Points {
  int64_t sets, n, m, features;
  bool squared;

  explicit Points(const KernelRequest& request)
      : squared(request.attributes.integer("squared") != 0) {
    const Shape& x = request.inputs[0].shape;
    sets = x.count(0, x.rank() - 2);
    n = x[x.rank() - 2];
    m = request.inputs[1].shape[x.rank() - 2];
    features = x.back();
  }
  double pairs() const {
    return static_cast<double>(sets) * static_cast<double>(n) * static_cast<double>(m);
  }
};

template <typename T>
double squared_distance(const T* x, const T* y, int64_t features) {
  double sum = 0;
  for (int64_t k = 0; k < features; ++k) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    sum += difference * difference;
  }
  return sum;
}

// A tile is the distances from one point of x.
template <typename T>
class DistanceKernel : public Kernel {
 public:
  explicit DistanceKernel(const Points& points) : p_(points) {}

  int64_t tiles() const override { return p_.sets * p_.n; }
  double flops() const override { return 3.0 * p_.pairs() * static_cast<double>(p_.features); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* y = static_cast<const T*>(arguments.inputs[1]);
    T* out = static_cast<T*>(arguments.outputs[0]);
    for (int64_t i = first; i < last; ++i) {
      const T* others = y + i / p_.n * p_.m * p_.features;
      for (int64_t j = 0; j < p_.m; ++j) {
        const double square =
            squared_distance(x + i * p_.features, others + j * p_.features, p_.features);
        out[i * p_.m + j] = static_cast<T>(p_.squared ? square : std::sqrt(square));
      }
    }
  }

 private:
  Points p_;
};

// A tile is one set.
template <typename T>
class DistanceGradientKernel : public Kernel {
 public:
  explicit DistanceGradientKernel(const Points& points) : p_(points) {}

  int64_t tiles() const override { return p_.sets; }
  size_t scratch_bytes() const override {
    return static_cast<size_t>((p_.n + p_.m) * p_.features) * sizeof(double);
  }
  double flops() const override { return 7.0 * p_.pairs() * static_cast<double>(p_.features); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const int64_t f = p_.features;
    double* by_x = reinterpret_cast<double*>(arguments.scratch);
    double* by_y = by_x + p_.n * f;
    for (int64_t set = first; set < last; ++set) {
      const T* x = static_cast<const T*>(arguments.inputs[0]) + set * p_.n * f;
      const T* y = static_cast<const T*>(arguments.inputs[1]) + set * p_.m * f;
      const T* g = static_cast<const T*>(arguments.inputs[2]) + set * p_.n * p_.m;
      std::fill_n(by_x, (p_.n + p_.m) * f, 0.0);
      for (int64_t i = 0; i < p_.n; ++i) {
        for (int64_t j = 0; j < p_.m; ++j) {
          double factor = 2.0 * static_cast<double>(g[i * p_.m + j]);
          if (!p_.squared) {
            const double square = squared_distance(x + i * f, y + j * f, f);
            factor = square == 0 ? 0 : factor / (2.0 * std::sqrt(square));
          }
          for (int64_t k = 0; k < f; ++k) {
            const double term =
                factor * (static_cast<double>(x[i * f + k]) - static_cast<double>(y[j * f + k]));
            by_x[i * f + k] += term;
            by_y[j * f + k] -= term;
          }
        }
      }
      const auto round = [](double value) { return static_cast<T>(value); };
      T* out_x = static_cast<T*>(arguments.outputs[0]) + set * p_.n * f;
      T* out_y = static_cast<T*>(arguments.outputs[1]) + set * p_.m * f;
      std::transform(by_x, by_x + p_.n * f, out_x, round);
      std::transform(by_y, by_y + p_.m * f, out_y, round);
    }
  }

 private:
  Points p_;
};

template <template <typename> class K>
std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const Points points(request);
  if (request.inputs[0].dtype == DType::float32) return std::make_unique<K<float>>(points);
  return std::make_unique<K<double>>(points);
}

}  // namespace

void pairwise_distances_kernels(KernelTable& table) {
  table.add("pairwise_distances", {"loops", create<DistanceKernel>});
  table.add("gradient(pairwise_distances)", {"loops", create<DistanceGradientKernel>});
}

}  // namespace castalia
