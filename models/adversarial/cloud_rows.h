// Rows of a data set that hold clouds of particles: what is where in them, what is refused, and how
// many particles they have.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CLOUD_ROWS_H_
#define CASTALIA_MODELS_ADVERSARIAL_CLOUD_ROWS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// The layout of JetNet (arXiv:2106.11535): place after place, each with the features of a particle
// and then its mask, 1 where there is a particle and 0 where there is none. The particles may be in
// any places; what the features of an empty place are does not matter.
class CloudRows {
 public:
  // `positive` are the features that are above 0, counted from 0.
  CloudRows(int64_t places, int64_t features, std::vector<int64_t> positive);

  int64_t places() const { return places_; }
  int64_t features() const { return features_; }
  int64_t columns() const { return places_ * (features_ + 1); }
  bool positive(int64_t feature) const;
  const std::vector<int64_t>& positive() const { return positive_; }

  // Errors with row and column, counted from 0: not_finite; out_of_range (a mask that is neither 0
  // nor 1, a feature of a particle that should be positive and is not).
  void check(std::span<const double> x, int64_t first_row) const;
  // The features of all particles, (particles of all rows, features).
  std::vector<double> particles(std::span<const double> x) const;
  // How many rows have 0, 1, ..., places() particles.
  std::vector<int64_t> multiplicities(std::span<const double> x) const;
  // Makes a cloud of any numbers, the first place with a particle.
  void make_cloud(std::span<double> row) const;

  Value mask(Value x) const;                // (rows, places)
  Value features_of_places(Value x) const;  // (rows * places, features)
  // Rows of features, (rows * places, features), and a mask, (rows, places). Places without a
  // particle get zeros.
  Value joined(Value features, Value mask) const;
  // Rows whose particles are in descending order of a feature, before the empty places.
  Value sorted(Value x, int64_t feature) const;

 private:
  int64_t places_;
  int64_t features_;
  std::vector<int64_t> positive_;
};

// The number of particles of a cloud, drawn as often as it was seen.
class Multiplicity {
 public:
  // counts[n] clouds of n particles; one or more in all.
  void set(std::vector<int64_t> counts) { counts_ = std::move(counts); }
  bool fitted() const { return !counts_.empty(); }
  const std::vector<int64_t>& counts() const { return counts_; }

  // The mask of drawn clouds, whose particles come first: float64 (rows, places).
  Value draw(Trace& trace, int64_t rows) const;

 private:
  std::vector<int64_t> counts_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_CLOUD_ROWS_H_
