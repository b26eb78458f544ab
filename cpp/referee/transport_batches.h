// Distances that can be had of small sets only, averaged over disjoint batches of two samples, with
// the same between batches of the reference: what equal distributions would give.
#ifndef CASTALIA_CPP_REFEREE_TRANSPORT_BATCHES_H_
#define CASTALIA_CPP_REFEREE_TRANSPORT_BATCHES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/transport.h"

namespace castalia::referee {

// The fields that read the number and size of batches: batches, events.
std::vector<Field> batch_fields(int64_t batches, int64_t events);

// Several values of a pair of batches, of the same number for all pairs.
using BatchDistance = std::function<std::vector<double>(const Rows& left, const Rows& right)>;

// One figure for each value that `distance` gives, in the order of `names`: the mean over pairs of
// a batch of the generated and one of the reference. The null value is the mean over pairs of
// batches of the reference. There are as many batches as asked for, or as the samples have events
// for; empty_data when that is none. Pairs are computed on all threads.
Judgement batched(const Comparison& comparison, const FieldValues& values,
                  std::span<const double> factors, std::span<const std::string> names,
                  const BatchDistance& distance, Work& work);

// |x - y|^order of all pairs; order is 1 or 2.
Costs pair_costs(const Rows& left, const Rows& right, int64_t order);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_TRANSPORT_BATCHES_H_
