// Entropic optimal transport between small sets of weighted points.
#ifndef CASTALIA_CPP_REFEREE_ENTROPIC_H_
#define CASTALIA_CPP_REFEREE_ENTROPIC_H_

#include <cstdint>
#include <span>

#include "cpp/referee/transport.h"

namespace castalia::referee {

// By Sinkhorn's iterations (Cuturi, 1306.0895), until the marginals differ by less than `tolerance`
// in sum, or so many iterations are done. Any regularisation above zero will do.
struct Entropic {
  double cost = 0;  // <plan, costs>
  double dual = 0;  // the value of the entropic problem, with entropy relative to the marginals
  double violation = 0;  // of the marginals
  int64_t iterations = 0;
};
Entropic entropic_transport(const Costs& costs, std::span<const double> supply,
                            std::span<const double> demand, double regularisation, double tolerance,
                            int64_t most_iterations);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_ENTROPIC_H_
