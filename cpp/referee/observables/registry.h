// What the generated registry defines: one pointer for each folder of cpp/referee/observables.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_REGISTRY_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_REGISTRY_H_

#include <vector>

#include "cpp/referee/observables/observables.h"

namespace castalia::referee {

std::vector<const ObservableSet*> registered_observable_sets();

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_REGISTRY_H_
