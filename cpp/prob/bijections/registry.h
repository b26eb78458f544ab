// What the generated registry defines: one pointer for each folder cpp/prob/bijections/<name>.
#ifndef CASTALIA_CPP_PROB_BIJECTIONS_REGISTRY_H_
#define CASTALIA_CPP_PROB_BIJECTIONS_REGISTRY_H_

#include <vector>

#include "cpp/prob/bijection.h"

namespace castalia {

std::vector<const BijectionKind*> registered_bijections();

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTIONS_REGISTRY_H_
