// What clouds of particles are as a whole: how much momentum their particles have in all, where
// they lie, and how widely. A flow learns it by maximum likelihood, and generated clouds are given
// it, as the "shower flow" of CaloClouds does (arXiv:2305.04847): a generator is left with the
// shape of a cloud, whatever its size.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CLOUD_MOMENTS_H_
#define CASTALIA_MODELS_ADVERSARIAL_CLOUD_MOMENTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/prob/preprocessing.h"
#include "models/adversarial/cloud_rows.h"
#include "models/flow/coupling_layers.h"

namespace castalia {

// The moments of a cloud, in this order: of each positive feature the logarithm of the sum, of each
// other feature the mean; then the logarithms of the deviations, of the logarithms of each positive
// feature and of each other feature. Means and deviations of the latter are weighted by the first
// positive feature where there is one: of eta and phi weighted by transverse momenta they give a
// jet its axis and, at small angles, its mass. All are shifted and scaled to mean 0 and deviation 1
// among the clouds of the training data that have a particle.
class CloudMoments {
 public:
  // `seed` draws the order of the flow's couplings.
  CloudMoments(CloudRows rows, uint64_t seed);

  int64_t count() const { return count_; }

  // x as CloudRows has it, with one particle or more in all.
  void fit(std::span<const double> x);
  void fit_without_data();
  bool fitted() const { return scales_.fitted(); }
  std::string json() const;
  // An Error (corrupt_file) when the text is not what json() gives.
  void set_json(const std::string& json);

  // Of clouds, whose features are (rows, places, features) and whose mask is (rows, places, 1),
  // both float64: float64 (rows, count()). What lies beyond all training data is put at their
  // bound: it is what an empty cloud has.
  Value of(Value features, Value mask) const;
  // The same clouds moved, stretched and scaled to have these moments, which lie in the range of
  // the training data. Each feature stays in that range, too, for which the moments are given up;
  // the derivative is that of features without bounds.
  Value given(Value features, Value mask, Value moments) const;

  // Minus the logarithm of the flow's density of moments of clouds, float64 (rows, 1), 0 for a
  // cloud without particles. The mask is (rows, places, 1); the context is of the trace's type,
  // null for none. Moments that all clouds share have no density: noise of 0.02 is added where the
  // trace has a seed.
  Value surprise(Trace& trace, Value moments, Value mask, Value context) const;
  // Moments drawn by it, within the range of the training data.
  Value draw(Trace& trace, Value mask, Value context) const;

  // Declares the flow for so many columns of context.
  void declare(Trace& trace, int64_t context) const;

  struct Range {
    std::vector<double> least, greatest;  // of each column
  };

 private:
  struct Spread {
    Value mean;      // (rows, 1, columns)
    Value centred;   // (rows, places, columns)
    Value variance;  // (rows, 1, columns), with what is added to every one
  };
  // Of (rows, places, columns), with weights (rows, places, 1).
  static Spread spread(Value x, Value weights);
  Value logarithm(Value positive) const;
  Value weights(Value positive, Value mask) const;
  Value units(Graph& graph) const;
  Value known(Trace& trace, Value mask, Value context) const;
  // Those of one cloud that has a particle, before they are scaled.
  std::vector<double> of_cloud(std::span<const double> cloud) const;

  CloudRows rows_;
  std::vector<int64_t> others_;  // the features that are not positive
  // Where each feature stands when the positive ones come first.
  std::vector<int64_t> places_of_features_;
  int64_t count_;  // two for each feature
  CouplingLayers flow_;
  Preprocessing scales_;
  Range range_;  // of the moments, before they are scaled
  Range particle_range_;
  std::vector<double> typical_;  // the mean of each positive feature among particles
  std::vector<double> units_;    // the deviation of each other feature
};

// The field that says whether a network has them: cloud_moments.
Field cloud_moments_field();

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_CLOUD_MOMENTS_H_
