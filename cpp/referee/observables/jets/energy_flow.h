// Energy-flow polynomials (arXiv:1712.07124) of many graphs at once.
//
// EFP_G = sum over particles i_1 .. i_V of z_i1 ... z_iV * product over edges (k, l) of
// theta_ik,il, with theta_ij = (delta eta^2 + delta phi^2)^(beta / 2). The sums are done vertex by
// vertex, and what several graphs share is computed once: a vertex with one neighbour leaves a
// vector, one with two neighbours a matrix product. No graph of up to five edges needs more: 150
// particles cost one product of 150 x 150 matrices, not 150^4 terms.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_ENERGY_FLOW_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_ENERGY_FLOW_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cpp/referee/observables/jets/multigraph.h"

namespace castalia::referee {

class EnergyFlow {
 public:
  static constexpr int kMostEdges = 5;

  // Connected graphs of at most kMostEdges edges.
  EnergyFlow(const std::vector<Multigraph>& graphs, double beta);

  // What a thread computes with; grows to the largest jet that it has seen.
  class Scratch {
    friend class EnergyFlow;
    std::vector<double> storage_;
    double* begin_ = nullptr;
  };

  int64_t graphs() const { return static_cast<int64_t>(results_.size()); }

  // Writes a number for each graph. No particles give zeros. The bits depend on the particles and
  // their order alone.
  void compute(std::span<const double> z, std::span<const double> eta, std::span<const double> phi,
               double* out, Scratch& scratch) const;

 private:
  struct Planner;

  // Matrix 0 is theta; matrices and vectors are numbered in the order in which they are made. The
  // vector kOnes is of ones.
  enum class Kind { hadamard, product, transpose, apply, multiply };
  static constexpr int kOnes = -1;
  struct Step {
    Kind kind;
    int a, b, weight;
    auto operator<=>(const Step&) const = default;
  };

  double beta_;
  std::vector<Step> steps_;
  int matrices_ = 1;
  int vectors_ = 0;
  std::vector<int> results_;  // for each graph the vector that z sums to its polynomial
};

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_ENERGY_FLOW_H_
