// Axes of subjets by exclusive kT clustering, and N-subjettiness about them (arXiv:1011.2268).
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SUBJETS_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SUBJETS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/referee/observables/jets/cloud.h"

namespace castalia::referee {

struct SubjetAxis {
  double rapidity = 0;
  double phi = 0;
};

// The kT algorithm (arXiv:hep-ph/9305266) with d_ij = min(pT_i^2, pT_j^2) * Delta R_ij^2 and no
// beam: the closest two are merged by adding their four-vectors (E-scheme) until one is left. One
// clustering gives the axes for every number of subjets.
class KtClustering {
 public:
  // Keeps the axes of 1 .. most subjets. Particles are massless; those of pT 0 are left out.
  void cluster(const Cloud& jet, int most);

  // How many particles were clustered: there are no axes for more subjets than that.
  int64_t particles() const { return particles_; }
  // The axes of `count` subjets, 1 <= count <= min(most, particles()).
  std::span<const SubjetAxis> axes(int count) const;

 private:
  struct PseudoJet {
    double px, py, pz, energy;
    double pt2, rapidity, phi;
    double nearest;     // Delta R^2 to the nearest other
    int64_t neighbour;  // its place
  };

  double distance(int64_t i, int64_t j) const;
  void find_neighbour(int64_t i);
  void merge(int64_t i, int64_t j);
  void keep_axes(int most);

  int64_t particles_ = 0;
  std::vector<PseudoJet> jets_;
  std::vector<std::vector<SubjetAxis>> axes_;  // [count - 1]
};

// tau_N = sum pT_k min over axes of Delta R^beta / sum pT_k radius^beta. 0 without axes: a jet of
// N particles or fewer has an axis on each.
double n_subjettiness(const Cloud& jet, std::span<const SubjetAxis> axes, double beta,
                      double radius);

// Delta R^2 of two directions, phi taken modulo a turn.
double squared_distance(double rapidity_1, double phi_1, double rapidity_2, double phi_2);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SUBJETS_H_
