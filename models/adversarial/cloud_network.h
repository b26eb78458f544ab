// What the generators of clouds of particles share: rows in the layout of JetNet, the scaling of
// the particles, how many a cloud has, and the mask that both sides are told.
#ifndef CASTALIA_MODELS_ADVERSARIAL_CLOUD_NETWORK_H_
#define CASTALIA_MODELS_ADVERSARIAL_CLOUD_NETWORK_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/adversarial/adversarial_network.h"
#include "models/adversarial/cloud_moments.h"
#include "models/adversarial/cloud_rows.h"

namespace castalia {

// A preprocessed event is the features of all places, (rows, places * features); its condition is
// the context, the mask and the moments, where the network has these, which generator and critic
// share. Reads the fields that particle_cloud_fields() gives.
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

  // As columns: the features of all places, the context, the mask, the moments.
  Value preprocessed(Trace& trace, Value x, Value context) override;
  void declare(Trace& trace) override;

 protected:
  int64_t places() const { return rows_.places(); }
  int64_t particle_features() const { return rows_.features(); }

  // What a cloud is made for.
  struct Told {
    Value context;  // (rows, columns), preprocessed, the moments among them; null for none
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
  int64_t condition_features() const final;
  // A made cloud has as many particles as the true one of its row, and its moments.
  Value condition(Trace& trace, int64_t rows, Value x, Value context) const final;
  Value prepared(Trace& trace, Value x) const final;
  Value restored(Value events, Value condition) const final;
  Value further_of_generator(Trace& trace, Value x, Value made, Value condition) const final;
  Told told_by(Value condition) const;
  // Parts of the condition; the first two are null where there are none.
  Value context_in(Value condition) const;
  Value moments_in(Value condition) const;
  Value mask_in(Value condition) const;  // (rows, places)

  CloudRows rows_;
  Multiplicity multiplicity_;
  std::optional<CloudMoments> moments_;
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

#endif  // CASTALIA_MODELS_ADVERSARIAL_CLOUD_NETWORK_H_
