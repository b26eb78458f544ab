// Rows of a data set that hold clouds of particles: what is where in them, what is refused, and how
// many particles they have.
#ifndef CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_CLOUD_ROWS_H_
#define CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_CLOUD_ROWS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/nn/point_cloud.h"
#include "models/adversarial/adversarial_network.h"

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

// A preprocessed event is the features of all places, (rows, places * features); its condition is
// the context and then the mask, which generator and critic share. Reads the fields that
// particle_cloud_fields() gives.
class CloudAdversarialNetwork : public AdversarialNetwork {
 public:
  // Each cloud is made from `latent` random numbers. Where the field preprocessing is empty, each
  // feature's chain is `usual_chain`. Errors name the fields that do not go together.
  CloudAdversarialNetwork(const Specification& specification, int64_t latent,
                          const std::string& usual_chain);

  int64_t features() const override { return rows_.columns(); }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override;
  bool fitted() const override;
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override;
  std::string preprocessing_json() const override;
  void set_preprocessing_json(const std::string& json) override;

  // As columns: the features of all places, the context, the mask.
  Value preprocessed(Trace& trace, Value x, Value context) override;

 protected:
  int64_t places() const { return rows_.places(); }
  int64_t particle_features() const { return rows_.features(); }

  // What a cloud is made for.
  struct Told {
    Value context;  // (rows, context features), preprocessed; null where there is none
    Value mask;     // (rows, places, 1)
  };
  // Particles, (rows, places, features), from the latent variables, (rows, latent).
  virtual Value make(Trace& trace, Value latent, const Told& told) const = 0;
  // Scores, (rows, 1), of such particles.
  virtual Value score(Trace& trace, Value particles, const Told& told) const = 0;

 private:
  Value generate(Trace& trace, Value latent, Value condition) const final;
  Criticism criticise(Trace& trace, Value events, Value condition) const final;
  int64_t preprocessed_features() const final { return rows_.places() * rows_.features(); }
  int64_t condition_features() const final { return context_features() + rows_.places(); }
  // A made cloud has as many particles as the true one of its row.
  Value condition(Trace& trace, int64_t rows, Value x, Value context) const final;
  Value prepared(Trace& trace, Value x) const final;
  Value restored(Value events, Value condition) const final;
  Told told_by(Value condition) const;

  CloudRows rows_;
  Multiplicity multiplicity_;
  std::vector<double> least_;  // that was seen, of each feature; cuts those that are positive
  int64_t sorted_by_;          // negative: not sorted
};

// The fields of such a network, and those of its own.
std::vector<Field> particle_cloud_fields(std::vector<Field> own, const std::string& usual_chain);

// What descriptions say of rows, scaling and numbers of particles.
std::string cloud_description();

// Makes a row of the specification's layout of any numbers, for the laws.
void make_cloud_row(const Specification& specification, std::span<double> row);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_EPIC_GAN_CLOUD_ROWS_H_
