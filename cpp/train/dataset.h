// Events to train on.
#ifndef CASTALIA_CPP_TRAIN_DATASET_H_
#define CASTALIA_CPP_TRAIN_DATASET_H_

#include <cstdint>
#include <span>
#include <vector>

namespace castalia {

// Row-major, in the user's own units. Does not change once it is shared.
struct Dataset {
  int64_t rows = 0;
  int64_t features = 0;
  int64_t context_features = 0;
  std::vector<double> x;        // (rows, features)
  std::vector<double> context;  // (rows, context_features)
  std::vector<double> weights;  // (rows), or empty: all one

  // A number that another data set is unlikely to share.
  uint64_t fingerprint() const;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_DATASET_H_
