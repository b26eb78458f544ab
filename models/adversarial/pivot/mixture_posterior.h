// What an adversary believes of nuisances: a mixture of Gaussians.
#ifndef CASTALIA_MODELS_ADVERSARIAL_PIVOT_MIXTURE_POSTERIOR_H_
#define CASTALIA_MODELS_ADVERSARIAL_PIVOT_MIXTURE_POSTERIOR_H_

#include <cstdint>

#include "cpp/graph/graph.h"

namespace castalia {

// How many numbers describe a mixture of so many components for so many nuisances, and minus the
// logarithm of its density: `description` is (rows, that many) of any floating type, first the
// logits of the components' weights, then their centres and the logarithms of their widths, each
// (components, nuisances); z is (rows, nuisances), float64. Gives float64 (rows, 1). Logarithms of
// widths are squeezed smoothly into (-kMostLogWidth, kMostLogWidth): a component that falls on one
// event has no infinite density.
inline constexpr double kMostLogWidth = 5;
int64_t mixture_description(int64_t components, int64_t nuisances);
Value mixture_surprise(Value description, Value z, int64_t components);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_PIVOT_MIXTURE_POSTERIOR_H_
