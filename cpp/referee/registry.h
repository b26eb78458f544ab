// What the generated registry defines: one pointer for each folder cpp/referee/<metric> with a
// metric.cc.
#ifndef CASTALIA_CPP_REFEREE_REGISTRY_H_
#define CASTALIA_CPP_REFEREE_REGISTRY_H_

#include <vector>

#include "cpp/referee/metric.h"

namespace castalia::referee {

std::vector<const Metric*> registered_metrics();

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_REGISTRY_H_
