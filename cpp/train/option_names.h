// What the choices of training are called, in the order of their enumerations.
#ifndef CASTALIA_CPP_TRAIN_OPTION_NAMES_H_
#define CASTALIA_CPP_TRAIN_OPTION_NAMES_H_

#include <string>
#include <vector>

namespace castalia {

const std::vector<std::string>& optimiser_names();
const std::vector<std::string>& schedule_names();
const std::vector<std::string>& objective_names();
const std::vector<std::string>& estimator_names();

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_OPTION_NAMES_H_
