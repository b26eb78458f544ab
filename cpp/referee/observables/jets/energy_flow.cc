#include "cpp/referee/observables/jets/energy_flow.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <tuple>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia::referee {
namespace {

// Rows are padded to whole groups of this many, with particles of z = 0, and begin on a cache line:
// the loops over them have no remainder.
constexpr int64_t kGroup = 8;
constexpr int64_t kAlignment = 64;

// Two numbers in one register of any x86-64 or ARM processor. Compilers do not find these by
// themselves here: they cannot know that the arrays do not overlap.
constexpr int64_t kLanes = 2;
using Lanes [[gnu::vector_size(kLanes * sizeof(double)), gnu::may_alias]] = double;

const Lanes* lanes(const double* x) { return reinterpret_cast<const Lanes*>(x); }
Lanes* lanes(double* x) { return reinterpret_cast<Lanes*>(x); }

void hadamard(int64_t n, const double* a, const double* b, double* out) {
  for (int64_t i = 0; i < n / kLanes; ++i) lanes(out)[i] = lanes(a)[i] * lanes(b)[i];
}

// out = factor * a
void scale(int64_t n, const double* a, double factor, double* out) {
  for (int64_t i = 0; i < n / kLanes; ++i) lanes(out)[i] = lanes(a)[i] * factor;
}

// out = a^T x for a square matrix. The sums of a group of columns stay in registers.
void apply_transposed(int64_t n, const double* a, const double* x, double* out) {
  static_assert(kGroup == 4 * kLanes);
  for (int64_t k = 0; k < n; k += kGroup) {
    Lanes sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};
    for (int64_t r = 0; r < n; ++r) {
      const Lanes* row = lanes(a + r * n + k);
      sum0 += row[0] * x[r];
      sum1 += row[1] * x[r];
      sum2 += row[2] * x[r];
      sum3 += row[3] * x[r];
    }
    Lanes* const to = lanes(out + k);
    to[0] = sum0;
    to[1] = sum1;
    to[2] = sum2;
    to[3] = sum3;
  }
}

// theta, zero on the diagonal and where either particle is padding.
void fill_angles(int64_t n, int64_t stride, const double* eta, const double* phi, double beta,
                 double* theta) {
  constexpr double kPi = std::numbers::pi;
  std::fill(theta, theta + stride * stride, 0.0);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const double d_eta = eta[i] - eta[j];
      const double d_phi = kPi - std::abs(kPi - std::abs(phi[i] - phi[j]));
      const double squared = d_eta * d_eta + d_phi * d_phi;
      theta[i * stride + j] = beta == 1   ? std::sqrt(squared)
                              : beta == 2 ? squared
                                          : std::pow(squared, beta / 2);
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) theta[j * stride + i] = theta[i * stride + j];
  }
}

}  // namespace

// Turns graphs into steps; equal steps are made once.
struct EnergyFlow::Planner {
  EnergyFlow& flow;
  std::map<Step, int> made = {};
  std::vector<bool> symmetric = {true};  // of every matrix

  int matrix(Step step, bool is_symmetric) {
    const auto [entry, is_new] = made.emplace(step, flow.matrices_);
    if (is_new) {
      flow.steps_.push_back(step);
      symmetric.push_back(is_symmetric);
      ++flow.matrices_;
    }
    return entry->second;
  }

  int vector(Step step) {
    const auto [entry, is_new] = made.emplace(step, flow.vectors_);
    if (is_new) {
      flow.steps_.push_back(step);
      ++flow.vectors_;
    }
    return entry->second;
  }

  int hadamard(int a, int b) {
    const bool both = symmetric[a] && symmetric[b];
    return matrix({Kind::hadamard, std::min(a, b), std::max(a, b), kOnes}, both);
  }

  int power(int exponent) { return exponent == 1 ? 0 : hadamard(0, power(exponent - 1)); }

  // The sum over a vertex of a^T diag(z * weight) b.
  int product(int a, int b, int weight) { return matrix({Kind::product, a, b, weight}, a == b); }

  int transpose(int a) { return symmetric[a] ? a : matrix({Kind::transpose, a, a, kOnes}, false); }

  // The sum over a vertex of a^T (z * weight).
  int apply(int a, int weight) { return vector({Kind::apply, a, a, weight}); }

  int multiply(int v, int w) {
    if (v == kOnes) return w;
    return vector({Kind::multiply, std::min(v, w), std::max(v, w), kOnes});
  }

  int plan(const Multigraph& graph);
};

int EnergyFlow::Planner::plan(const Multigraph& graph) {
  std::map<std::pair<int, int>, int> multiplicity;
  for (const auto& edge : graph.edges) ++multiplicity[std::minmax(edge.first, edge.second)];
  std::map<std::pair<int, int>, int> between;  // rows are the lesser vertex
  for (const auto& [pair, count] : multiplicity) between[pair] = power(count);
  std::vector<int> weight(graph.vertices, kOnes);
  std::vector<int> left(graph.vertices);
  for (int i = 0; i < graph.vertices; ++i) left[i] = i;

  const auto neighbours = [&](int v) {
    std::vector<int> out;
    for (const int u : left) {
      if (between.contains(std::minmax(u, v))) out.push_back(u);
    }
    return out;
  };
  // The matrix whose rows are v and whose columns are u.
  const auto from = [&](int v, int u) {
    const int m = between.at(std::minmax(v, u));
    return v < u ? m : transpose(m);
  };

  while (left.size() > 1) {
    // The vertex with the fewest neighbours; of those, one that many graphs have alike: without a
    // weight, and with few edges.
    const auto cost = [&](int v) {
      int sum = 0;
      const std::vector<int> others = neighbours(v);
      for (const int u : others) sum += between.at(std::minmax(u, v));
      return std::tuple(others.size(), weight[v] != kOnes, sum, v);
    };
    const int v = *std::min_element(left.begin(), left.end(),
                                    [&](int a, int b) { return cost(a) < cost(b); });
    const std::vector<int> others = neighbours(v);
    if (others.size() == 1) {
      const int u = others[0];
      weight[u] = multiply(weight[u], apply(from(v, u), weight[v]));
      between.erase(std::minmax(u, v));
    } else {
      check(others.size() == 2, "this energy-flow polynomial needs a sum over three neighbours");
      const auto [u, w] = std::minmax(others[0], others[1]);
      const int sum = product(from(v, u), from(v, w), weight[v]);
      const auto [entry, is_new] = between.emplace(std::pair(u, w), sum);
      if (!is_new) entry->second = hadamard(entry->second, sum);
      between.erase(std::minmax(u, v));
      between.erase(std::minmax(w, v));
    }
    std::erase(left, v);
  }
  return weight[left[0]];
}

EnergyFlow::EnergyFlow(const std::vector<Multigraph>& graphs, double beta) : beta_(beta) {
  Planner planner{*this};
  for (const Multigraph& graph : graphs) results_.push_back(planner.plan(graph));
}

void EnergyFlow::compute(std::span<const double> z, std::span<const double> eta,
                         std::span<const double> phi, double* out, Scratch& scratch) const {
  const auto n = static_cast<int64_t>(z.size());
  if (n == 0) {
    std::fill(out, out + graphs(), 0.0);
    return;
  }
  const int64_t stride = (n + kGroup - 1) / kGroup * kGroup;
  const int64_t square = stride * stride;
  const cpu::GemmShape shape{.m = stride, .n = stride, .k = stride, .transpose_a = true};
  const auto gemm_scratch =
      static_cast<int64_t>((cpu::gemm_scratch_bytes<double>(shape) + kAlignment - 1) / kAlignment *
                           (kAlignment / sizeof(double)));
  // One more matrix and two more vectors: a scaled operand, z, and z times a weight.
  const int64_t needed = (matrices_ + 1) * square + (vectors_ + 2) * stride + gemm_scratch;
  if (static_cast<int64_t>(scratch.storage_.size()) < needed + kGroup) {
    scratch.storage_.resize(needed + kGroup);
    const auto address = reinterpret_cast<uintptr_t>(scratch.storage_.data());
    scratch.begin_ =
        scratch.storage_.data() + (kAlignment - address % kAlignment) % kAlignment / sizeof(double);
  }
  double* const padded_z = scratch.begin_;
  double* const weighted = padded_z + stride;
  double* const vectors = weighted + stride;
  double* const scaled = vectors + vectors_ * stride;
  double* const matrices = scaled + square;
  auto* const bytes = reinterpret_cast<std::byte*>(matrices + matrices_ * square);

  std::copy(z.begin(), z.end(), padded_z);
  std::fill(padded_z + n, padded_z + stride, 0.0);
  fill_angles(n, stride, eta.data(), phi.data(), beta_, matrices);

  const auto matrix = [&](int i) { return matrices + i * square; };
  const auto vector = [&](int i) { return vectors + i * stride; };
  const auto weigh = [&](int i) -> const double* {
    if (i == kOnes) return padded_z;
    hadamard(stride, padded_z, vector(i), weighted);
    return weighted;
  };
  int next_matrix = 1, next_vector = 0;
  for (const Step& step : steps_) {
    switch (step.kind) {
      case Kind::hadamard:
        hadamard(square, matrix(step.a), matrix(step.b), matrix(next_matrix++));
        break;
      case Kind::product: {
        const double* weight = weigh(step.weight);
        const double* b = matrix(step.b);
        for (int64_t i = 0; i < stride; ++i) {
          scale(stride, b + i * stride, weight[i], scaled + i * stride);
        }
        cpu::gemm_run_tiles<double>(shape, matrix(step.a), scaled, matrix(next_matrix++), {}, bytes,
                                    0, cpu::gemm_tiles(shape));
        break;
      }
      case Kind::transpose: {
        const double* a = matrix(step.a);
        double* to = matrix(next_matrix++);
        for (int64_t i = 0; i < stride; ++i) {
          for (int64_t k = 0; k < stride; ++k) to[k * stride + i] = a[i * stride + k];
        }
        break;
      }
      case Kind::apply:
        apply_transposed(stride, matrix(step.a), weigh(step.weight), vector(next_vector++));
        break;
      case Kind::multiply:
        hadamard(stride, vector(step.a), vector(step.b), vector(next_vector++));
        break;
    }
  }
  for (size_t g = 0; g < results_.size(); ++g) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      sum += results_[g] == kOnes ? padded_z[i] : padded_z[i] * vector(results_[g])[i];
    }
    out[g] = sum;
  }
}

}  // namespace castalia::referee
