// What several metrics do first: take so many events of each sample, bring columns to one scale.
#ifndef CASTALIA_CPP_REFEREE_PREPARE_H_
#define CASTALIA_CPP_REFEREE_PREPARE_H_

#include <string>

#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {

struct RowPair {
  Rows generated;
  Rows reference;
};

// The fields that prepared() reads.
Field events_field(int64_t default_value);
Field scaling_field(const std::string& default_value);

enum class Sizes { as_they_are, equal };  // equal: as many of the larger as the smaller has
// unweighted: events of equal weights are drawn first (unweighted_rows)
enum class Weighting { as_it_is, unweighted };

// Up to `events` rows of each sample, drawn with the seed, scaled by the whole reference.
// empty_data unless both samples have `least` rows; `purpose` says what for.
RowPair prepared(const Comparison& comparison, const FieldValues& values, uint64_t seed,
                 int64_t least, const std::string& purpose, Sizes sizes = Sizes::as_they_are,
                 Weighting weighting = Weighting::as_it_is);

// Moves the origin of both to the mean of the reference.
void subtract_reference_mean(RowPair& rows);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_PREPARE_H_
