// The scores of generated jets of arXiv:2106.11535 that are no metric of one table: distances whose
// errors come from drawing jets, not particles, anew.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SCORES_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SCORES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/referee/observables/observables.h"

namespace castalia::referee {

// The 1-Wasserstein distance between two sets of numbers, each of which belongs to an event, for
// any weights of the events: the numbers are sorted once.
class EventWasserstein {
 public:
  // `event[i]` is the event of value i; empty when value i is event i.
  EventWasserstein(std::span<const double> a, std::span<const int64_t> event_of_a,
                   std::span<const double> b, std::span<const int64_t> event_of_b);

  // Integral of |F - G| over the two weighted distribution functions. Weights are not negative. NaN
  // where no value of one of the two has weight.
  double distance(std::span<const double> weights_of_a, std::span<const double> weights_of_b) const;

 private:
  struct Entry {
    double value;
    int64_t event;  // of b: -1 - event
  };
  std::vector<Entry> sorted_;
};

struct ScoreSettings {
  // As in the paper: five batches of 50 000 jets of each sample, drawn with replacement.
  int64_t batch = 50'000;
  int64_t batches = 5;
  uint64_t seed = 0;
};

struct Score {
  std::string observable;
  double mean = 0;
  double deviation = 0;  // standard deviation over the batches (divided by their number)
};

// A score for each column of two tables of the same columns, whose rows belong to `generated_jets`
// and `reference_jets` events. W1-M and W1-EFP are of columns of the set "jets" (see below), W1-P
// of the set "constituents". The same bits for any number of threads.
//
// Errors: shape_mismatch (other columns), empty_data (a table without rows), out_of_range
// (settings).
std::vector<Score> wasserstein_scores(const ObservableTable& generated, int64_t generated_jets,
                                      const ObservableTable& reference, int64_t reference_jets,
                                      const ScoreSettings& settings, ThreadPool& pool);

// The columns of W1-M and of W1-EFP: of connected graphs with four vertices and four edges.
std::vector<std::string> mass_score_columns();
std::vector<std::string> flow_score_columns();

// A table of some of the columns.
ObservableTable select_columns(const ObservableTable& table, std::span<const std::string> names);

// Coverage: the share of reference jets that are the nearest one to some generated jet. MMD
// (minimum matching distance): how far the nearest generated jet is from a reference jet, on
// average.
struct Matching {
  double coverage = 0;
  double minimum_matching_distance = 0;
};

// distances: (generated, reference), row-major. Of equally near jets the first counts. Errors:
// empty_data, shape_mismatch.
Matching match(std::span<const double> distances, int64_t generated, int64_t reference);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_JETS_SCORES_H_
