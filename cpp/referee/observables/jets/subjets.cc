#include "cpp/referee/observables/jets/subjets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace castalia::referee {
namespace {

constexpr double kPi = std::numbers::pi;

// The logarithm's argument is made without cancellation between E and |pz|.
double rapidity_of(double pt2, double pz, double energy) {
  const double mass2 = std::max(0.0, (energy + pz) * (energy - pz) - pt2);
  const double sum = energy + std::abs(pz);
  const double rapidity = 0.5 * std::log((pt2 + mass2) / (sum * sum));
  return pz > 0 ? -rapidity : rapidity;
}

}  // namespace

double squared_distance(double rapidity_1, double phi_1, double rapidity_2, double phi_2) {
  const double d_rapidity = rapidity_1 - rapidity_2;
  double d_phi = std::abs(phi_1 - phi_2);
  if (d_phi > kPi) d_phi = std::abs(std::remainder(d_phi, 2 * kPi));
  return d_rapidity * d_rapidity + d_phi * d_phi;
}

double KtClustering::distance(int64_t i, int64_t j) const {
  return squared_distance(jets_[i].rapidity, jets_[i].phi, jets_[j].rapidity, jets_[j].phi);
}

void KtClustering::find_neighbour(int64_t i) {
  PseudoJet& jet = jets_[i];
  jet.nearest = std::numeric_limits<double>::infinity();
  jet.neighbour = -1;
  for (int64_t j = 0; j < static_cast<int64_t>(jets_.size()); ++j) {
    if (j == i) continue;
    const double d = distance(i, j);
    if (d < jet.nearest) {
      jet.nearest = d;
      jet.neighbour = j;
    }
  }
}

void KtClustering::cluster(const Cloud& jet, int most) {
  jets_.clear();
  for (int64_t i = 0; i < jet.size(); ++i) {
    const double pt = jet.pt[i];
    if (pt <= 0) continue;
    jets_.push_back({.px = pt * std::cos(jet.phi[i]),
                     .py = pt * std::sin(jet.phi[i]),
                     .pz = pt * std::sinh(jet.eta[i]),
                     .energy = pt * std::cosh(jet.eta[i]),
                     .pt2 = pt * pt,
                     .rapidity = jet.eta[i],
                     .phi = jet.phi[i],
                     .nearest = 0,
                     .neighbour = -1});
  }
  particles_ = static_cast<int64_t>(jets_.size());
  axes_.resize(most);
  for (int64_t i = 0; i < particles_; ++i) find_neighbour(i);
  keep_axes(most);
  while (jets_.size() > 1) {
    // The closest pair in kT is a pseudojet and its nearest neighbour in angle: were another nearer
    // to the softer of the two, that pair would be closer.
    int64_t closest = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t i = 0; i < static_cast<int64_t>(jets_.size()); ++i) {
      const double d = std::min(jets_[i].pt2, jets_[jets_[i].neighbour].pt2) * jets_[i].nearest;
      if (d < least) {
        least = d;
        closest = i;
      }
    }
    merge(closest, jets_[closest].neighbour);
    keep_axes(most);
  }
}

void KtClustering::merge(int64_t i, int64_t j) {
  if (i > j) std::swap(i, j);
  PseudoJet& sum = jets_[i];
  sum.px += jets_[j].px;
  sum.py += jets_[j].py;
  sum.pz += jets_[j].pz;
  sum.energy += jets_[j].energy;
  sum.pt2 = sum.px * sum.px + sum.py * sum.py;
  sum.rapidity = rapidity_of(sum.pt2, sum.pz, sum.energy);
  sum.phi = std::atan2(sum.py, sum.px);
  // The last one moves to the place of the one that is gone.
  const auto last = static_cast<int64_t>(jets_.size()) - 1;
  jets_[j] = jets_[last];
  jets_.pop_back();
  if (jets_.size() == 1) return;
  sum.nearest = std::numeric_limits<double>::infinity();
  for (int64_t k = 0; k < last; ++k) {
    if (k == i) continue;
    PseudoJet& other = jets_[k];
    const bool lost = other.neighbour == i || other.neighbour == j;
    if (other.neighbour == last) other.neighbour = j;
    if (lost) find_neighbour(k);
    const double d = distance(i, k);
    if (d < other.nearest) {
      other.nearest = d;
      other.neighbour = i;
    }
    if (d < sum.nearest) {
      sum.nearest = d;
      sum.neighbour = k;
    }
  }
}

void KtClustering::keep_axes(int most) {
  const size_t count = jets_.size();
  if (count == 0 || count > static_cast<size_t>(most)) return;
  std::vector<SubjetAxis>& axes = axes_[count - 1];
  axes.clear();
  for (const PseudoJet& jet : jets_) axes.push_back({jet.rapidity, jet.phi});
}

std::span<const SubjetAxis> KtClustering::axes(int count) const { return axes_[count - 1]; }

double n_subjettiness(const Cloud& jet, std::span<const SubjetAxis> axes, double beta,
                      double radius) {
  if (axes.empty()) return 0;
  double sum = 0, norm = 0;
  for (int64_t i = 0; i < jet.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (const SubjetAxis& axis : axes) {
      least = std::min(least, squared_distance(jet.eta[i], jet.phi[i], axis.rapidity, axis.phi));
    }
    sum += jet.pt[i] * (beta == 1   ? std::sqrt(least)
                        : beta == 2 ? least
                                    : std::pow(least, beta / 2));
    norm += jet.pt[i];
  }
  return norm > 0 ? sum / (norm * std::pow(radius, beta)) : 0;
}

}  // namespace castalia::referee
