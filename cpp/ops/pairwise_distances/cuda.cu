#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// Points x (count, n, features) and y (count, m, features), operands 0 and 1.
template <typename T>
struct DistancePoints {
  int64_t count;
  int64_t n;
  int64_t m;
  int64_t features;
  bool squared;

  explicit DistancePoints(const KernelRequest& request)
      : squared(request.attributes.integer("squared") != 0) {
    const Shape& x = request.inputs[0].shape;
    count = x.count(0, x.rank() - 2);
    n = x[x.rank() - 2];
    m = request.inputs[1].shape[x.rank() - 2];
    features = x.back();
  }
  int64_t pairs() const { return count * n * m; }
  CASTALIA_ANYWHERE int64_t left() const { return count * n * features; }
  int64_t right() const { return count * m * features; }

  // Of pair `index` of (count, n, m).
  CASTALIA_ANYWHERE T squared_distance(const cuda::Operands& operands, int64_t index) const {
    const int64_t point = index / m;
    const int64_t other = point / n * m + index % m;
    const T* const x = operands.in<T>(0) + point * features;
    const T* const y = operands.in<T>(1) + other * features;
    T sum = 0;
    for (int64_t k = 0; k < features; ++k) {
      const T difference = x[k] - y[k];
      sum = std::fma(difference, difference, sum);
    }
    return sum;
  }
};

template <typename T>
struct DistancePair {
  DistancePoints<T> points;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const T sum = points.squared_distance(operands, index);
    operands.out<T>(0)[index] = points.squared ? sum : std::sqrt(sum);
  }
};

// What the difference of a pair is multiplied by in the gradients: 2 g, or g / distance.
template <typename T>
struct DistanceFactor {
  DistancePoints<T> points;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    T factor = operands.in<T>(2)[index];
    if (points.squared) {
      factor += factor;
    } else {
      const T sum = points.squared_distance(operands, index);
      factor = sum == 0 ? T(0) : factor / std::sqrt(sum);
    }
    operands.memory<T>()[index] = factor;
  }
};

// An element of the gradient of x or, behind these, of y.
template <typename T>
struct DistanceGradientElement {
  DistancePoints<T> points;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const bool of_x = index < points.left();
    if (!of_x) index -= points.left();
    const int64_t own = of_x ? points.n : points.m;
    const int64_t others = of_x ? points.m : points.n;
    const int64_t point = index / points.features;
    const int64_t k = index % points.features;
    const int64_t set = point / own;
    const T at = operands.in<T>(of_x ? 0 : 1)[index];
    const T* const other = operands.in<T>(of_x ? 1 : 0) + set * others * points.features + k;
    const T* const factors = operands.memory<T>() + set * points.n * points.m +
                             (of_x ? point % own * points.m : point % own);
    const int64_t step = of_x ? 1 : points.m;
    double sum = 0;
    for (int64_t j = 0; j < others; ++j) {
      sum += static_cast<double>(factors[j * step]) *
             static_cast<double>(at - other[j * points.features]);
    }
    operands.out<T>(of_x ? 0 : 1)[index] = static_cast<T>(sum);
  }
};

std::unique_ptr<Kernel> make_distances_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("pairwise_distances", request);
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const DistancePoints<T> points(request);
    kernel->set_flops(3.0 * static_cast<double>(points.pairs() * points.features));
    kernel->each(points.pairs(), DistancePair<T>{points});
  });
  return kernel;
}

std::unique_ptr<Kernel> make_distances_gradient_on_device(const KernelRequest& request,
                                                          std::string*) {
  auto kernel = cuda::kernel_for("gradient(pairwise_distances)", request);
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const DistancePoints<T> points(request);
    kernel->set_flops(7.0 * static_cast<double>(points.pairs() * points.features));
    kernel->reserve(static_cast<size_t>(points.pairs()) * sizeof(T));
    kernel->each(points.pairs(), DistanceFactor<T>{points});
    kernel->each(points.left() + points.right(), DistanceGradientElement<T>{points});
  });
  return kernel;
}

}  // namespace

void pairwise_distances_cuda_kernels(KernelTable& table) {
  table.add("pairwise_distances", {"cuda", make_distances_on_device});
  table.add("gradient(pairwise_distances)", {"cuda", make_distances_gradient_on_device});
}

}  // namespace castalia
