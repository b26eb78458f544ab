// The energy mover's distance between jets (arXiv:1902.02346), and how two samples of jets match by
// it.
#ifndef CASTALIA_CPP_REFEREE_JET_TRANSPORT_H_
#define CASTALIA_CPP_REFEREE_JET_TRANSPORT_H_

#include <span>

#include "cpp/referee/observables/jets/cloud.h"

namespace castalia::referee {

// Of all ways to turn one jet into the other the least work: transverse momentum times distance
// over the radius, and what one jet has more is created at the cost of its momentum. Azimuth is
// periodic. Particles have momentum above zero; a jet without any is as far as the other's
// momentum.
double energy_movers_distance(const Cloud& a, const Cloud& b, double radius);

struct Matching {
  // The mean over reference jets of the distance to the nearest generated one.
  double minimum_matching_distance = 0;
  // The share of reference jets that are the nearest one to some generated jet; of equally near
  // ones the first counts.
  double coverage = 0;
  double mean_distance = 0;  // over all pairs
};

// Neither sample is empty. The time is that of size x size distances.
Matching match_jets(std::span<const Cloud> generated, std::span<const Cloud> reference,
                    double radius);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_JET_TRANSPORT_H_
