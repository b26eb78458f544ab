// What the generated registry defines: one pointer for each folder cpp/prob/transformers/<name>.
#ifndef CASTALIA_CPP_PROB_TRANSFORMERS_REGISTRY_H_
#define CASTALIA_CPP_PROB_TRANSFORMERS_REGISTRY_H_

#include <vector>

#include "cpp/prob/transformer.h"

namespace castalia {

std::vector<const TransformerKind*> registered_transformers();

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_TRANSFORMERS_REGISTRY_H_
