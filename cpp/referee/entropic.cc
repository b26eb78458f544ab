#include "cpp/referee/entropic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "cpp/runtime/cpu/elementwise.h"

namespace castalia::referee {
namespace {

std::vector<double> logarithms(std::span<const double> masses) {
  std::vector<double> out;
  for (const double mass : masses) out.push_back(std::log(mass));  // -inf for no mass
  return out;
}

// Sinkhorn's iterations are products with the matrix exp(f + g - cost / regularisation), which
// scale its rows and columns. Factors far from one go into the potentials f and g and the matrix
// is made again, so that nothing overflows; before the first product, both potentials are found
// once in logarithms, so that no row or column vanishes (Schmitzer, 1610.06519).
class Sinkhorn {
 public:
  Sinkhorn(const Costs& costs, std::span<const double> supply, std::span<const double> demand,
           double regularisation)
      : costs_(costs),
        rows_(static_cast<size_t>(costs.rows)),
        columns_(static_cast<size_t>(costs.columns)),
        supply_(supply),
        demand_(demand),
        regularisation_(regularisation),
        log_supply_(logarithms(supply)),
        log_demand_(logarithms(demand)),
        f_(log_supply_),
        g_(log_demand_),
        u_(rows_, 1.0),
        v_(columns_, 1.0),
        sums_(columns_),
        // Element-wise loops reach beyond the end.
        kernel_(rows_ * columns_ + 16) {}

  Entropic solve(double tolerance, int64_t most_iterations) {
    Entropic out;
    for (; out.iterations < most_iterations; ++out.iterations) {
      if (out.iterations == 0) {
        out.violation = first_iteration();
        make_kernel();
      } else {
        scale_columns_to_demand();
        out.violation = scale_rows_to_supply();
        if (far_from_one()) make_kernel();
      }
      if (out.violation < tolerance) break;
    }
    make_kernel();
    for (size_t i = 0; i < rows_; ++i) {
      const double* kernel = kernel_.data() + i * columns_;
      const double* cost = costs_.cost.data() + i * columns_;
      for (size_t j = 0; j < columns_; ++j) out.cost += kernel[j] * cost[j];
      if (supply_[i] > 0) out.dual += supply_[i] * (f_[i] - log_supply_[i]) * regularisation_;
    }
    for (size_t j = 0; j < columns_; ++j) {
      if (demand_[j] > 0) out.dual += demand_[j] * (g_[j] - log_demand_[j]) * regularisation_;
    }
    return out;
  }

 private:
  static constexpr double kLargestFactor = 1e20;

  // In logarithms; what follows are factors.
  double first_iteration() {
    const double inverse = 1 / regularisation_;
    const auto log_sum = [](size_t count, const auto& term) {
      double top = -std::numeric_limits<double>::infinity();
      for (size_t i = 0; i < count; ++i) top = std::max(top, term(i));
      if (!std::isfinite(top)) return top;
      double sum = 0;
      for (size_t i = 0; i < count; ++i) sum += std::exp(term(i) - top);
      return top + std::log(sum);
    };
    const auto cost = [&](size_t i, size_t j) { return costs_.cost[i * columns_ + j] * inverse; };
    for (size_t j = 0; j < columns_; ++j) {
      g_[j] = log_demand_[j] - log_sum(rows_, [&](size_t i) { return f_[i] - cost(i, j); });
    }
    double violation = 0;
    for (size_t i = 0; i < rows_; ++i) {
      const double sum = log_sum(columns_, [&](size_t j) { return g_[j] - cost(i, j); });
      if (supply_[i] > 0) violation += std::abs(std::exp(f_[i] + sum) - supply_[i]);
      f_[i] = log_supply_[i] - sum;
    }
    return violation;
  }

  // Takes the factors into the potentials.
  void make_kernel() {
    for (size_t i = 0; i < rows_; ++i) f_[i] += std::log(u_[i]);
    for (size_t j = 0; j < columns_; ++j) g_[j] += std::log(v_[j]);
    std::fill(u_.begin(), u_.end(), 1.0);
    std::fill(v_.begin(), v_.end(), 1.0);
    const double inverse = 1 / regularisation_;
    for (size_t i = 0; i < rows_; ++i) {
      const double* cost = costs_.cost.data() + i * columns_;
      double* kernel = kernel_.data() + i * columns_;
      for (size_t j = 0; j < columns_; ++j) kernel[j] = f_[i] + g_[j] - cost[j] * inverse;
    }
    const void* const in[] = {kernel_.data()};
    exp_(in, kernel_.data(), rows_ * columns_);
  }

  void scale_columns_to_demand() {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (size_t i = 0; i < rows_; ++i) {
      const double* kernel = kernel_.data() + i * columns_;
      const double factor = u_[i];
      for (size_t j = 0; j < columns_; ++j) sums_[j] += factor * kernel[j];
    }
    for (size_t j = 0; j < columns_; ++j) {
      if (demand_[j] > 0) v_[j] = demand_[j] / sums_[j];
    }
  }

  // Columns are right then; rows tell how far it is to go.
  double scale_rows_to_supply() {
    double violation = 0;
    for (size_t i = 0; i < rows_; ++i) {
      if (!(supply_[i] > 0)) continue;
      const double sum = dot(kernel_.data() + i * columns_);
      violation += std::abs(u_[i] * sum - supply_[i]);
      u_[i] = supply_[i] / sum;
    }
    return violation;
  }

  // With the columns' factors, in so many chains that additions overlap.
  double dot(const double* kernel) const {
    constexpr size_t kChains = 8;
    std::array<double, kChains> sums{};
    size_t j = 0;
    for (; j + kChains <= columns_; j += kChains) {
      for (size_t chain = 0; chain < kChains; ++chain) {
        sums[chain] += kernel[j + chain] * v_[j + chain];
      }
    }
    for (size_t chain = 0; j < columns_; ++j, ++chain) sums[chain] += kernel[j] * v_[j];
    double sum = 0;
    for (const double each : sums) sum += each;
    return sum;
  }

  bool far_from_one() const {
    const auto far = [](double factor) {
      return !(factor < kLargestFactor && factor > 1 / kLargestFactor);
    };
    return std::any_of(u_.begin(), u_.end(), far) || std::any_of(v_.begin(), v_.end(), far);
  }

  const Costs& costs_;
  size_t rows_, columns_;
  std::span<const double> supply_, demand_;
  double regularisation_;
  std::vector<double> log_supply_, log_demand_;
  // Potentials over the regularisation, the marginals' logarithms added.
  std::vector<double> f_, g_;
  std::vector<double> u_, v_;  // factors of rows and columns; one where there is no mass
  std::vector<double> sums_;
  std::vector<double> kernel_;
  cpu::TileFunction exp_ = cpu::tile_function("exp", DType::float64);
};

}  // namespace

Entropic entropic_transport(const Costs& costs, std::span<const double> supply,
                            std::span<const double> demand, double regularisation, double tolerance,
                            int64_t most_iterations) {
  return Sinkhorn(costs, supply, demand, regularisation).solve(tolerance, most_iterations);
}

}  // namespace castalia::referee
