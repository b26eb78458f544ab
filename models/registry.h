// What the generated registry defines: one pointer for each folder models/<family>/<architecture>.
#ifndef CASTALIA_MODELS_REGISTRY_H_
#define CASTALIA_MODELS_REGISTRY_H_

#include <vector>

#include "models/catalogue.h"

namespace castalia {

std::vector<const Architecture*> registered_architectures();

}  // namespace castalia

#endif  // CASTALIA_MODELS_REGISTRY_H_
