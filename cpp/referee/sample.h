// What metrics need of a data set: checks, normalised weights, subsets, scales of columns.
#ifndef CASTALIA_CPP_REFEREE_SAMPLE_H_
#define CASTALIA_CPP_REFEREE_SAMPLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/train/dataset.h"

namespace castalia::referee {

// The errors of cpp/referee/metric.h; `name` stands in their messages.
void check_sample(const Dataset& data, const std::string& name);

// empty_data unless the sample has that many rows; `purpose` says what for.
void require_rows(const Dataset& data, const std::string& name, int64_t least,
                  const std::string& purpose);

// The weight of each row; they sum to one.
std::vector<double> normalised_weights(const Dataset& data);

// The number of equally weighted events with the same statistical power: 1 / sum of w^2, w summing
// to one.
double effective_rows(std::span<const double> normalised);

// Rows of a sample as they lie, or some of them: row r is x + row[r] * columns.
struct Rows {
  int64_t count = 0;
  int64_t columns = 0;
  std::vector<double> x;        // (count, columns)
  std::vector<double> weights;  // (count), summing to one

  const double* row(int64_t r) const { return x.data() + r * columns; }
};

// The numbers of `most` rows without repetition, drawn with the seed, in increasing order; of all
// when there are no more, or when `most` is 0. Different `use`s give independent draws.
std::vector<int64_t> choose_rows(int64_t rows, int64_t most, uint64_t seed, uint16_t use);

// Unweighted events: each row is kept with the probability of its weight over the largest, drawn
// with the seed, so that neighbourhoods are as dense as the distribution. All rows where the
// weights are equal or none are given.
std::vector<int64_t> unweighted_rows(const Dataset& data, uint64_t seed, uint16_t use);

// Copies rows with their weights.
Rows take_rows(const Dataset& data, std::span<const int64_t> which);

// The numbers of the uses of randomness in the referee (the stage of cpp/base/philox.h).
enum RandomUse : uint16_t {
  kChooseGenerated = 300,
  kChooseReference,
  kMultipliers,
  kDirections,
  kMedianPairs,
  kBatchesGenerated,
  kBatchesReference,
  kSplit,
  kPairs,
  kTies,
  kRelabelValidation,
  kRelabelTest,
  kSplitReference,
  kGroupOfEvent,
  kUnweightGenerated,
  kUnweightReference,
};

// How columns are brought to one scale before distances are taken.
//   none         as they are
//   standardise  divided by the standard deviation of the reference
//   largest      divided by the largest magnitude in the reference (jetnet's normalisation)
// Constant columns (or ones that are all zero, for `largest`) keep their scale.
enum class Scaling { none, standardise, largest };
Scaling scaling(const std::string& name);
extern const std::vector<std::string> kScalings;  // the names, in that order

// Weighted means of the columns.
std::vector<double> column_means(const Dataset& data);

std::vector<double> column_factors(const Dataset& reference, Scaling scaling);
void scale_columns(Rows& rows, std::span<const double> factors);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_SAMPLE_H_
