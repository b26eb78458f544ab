// What all networks share whose generator is trained against a critic: preprocessing, sampling, and
// the game of the two.
#ifndef CASTALIA_MODELS_ADVERSARIAL_ADVERSARIAL_NETWORK_H_
#define CASTALIA_MODELS_ADVERSARIAL_ADVERSARIAL_NETWORK_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/nn/adversarial.h"
#include "cpp/nn/network.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {

// Parameters of the generator are named "generator. ...", those of the critic "critic. ...". Reads
// the fields that adversarial_fields() gives: features, context_features, classes, latent,
// latent_distribution, preprocessing, context_preprocessing.
class AdversarialNetwork : public PreprocessedNetwork, public Adversarial {
 public:
  explicit AdversarialNetwork(const Specification& specification);
  // For rows that hold tables of `columns` columns (see PreprocessedNetwork), each row made from
  // `latent` random numbers. Of the fields above features, latent, classes and preprocessing are
  // not read.
  AdversarialNetwork(const Specification& specification, int64_t columns,
                     std::span<const std::string> chains, int64_t latent, int64_t classes = 0);

  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }

  void declare(Trace& trace) override;
  Contest contest(Trace& trace, Value x, Value context) override;
  Value sample(Trace& trace, int64_t rows, Value context) override;
  bool sample_is_differentiable() const override { return true; }

 protected:
  // What a critic says of events.
  struct Criticism {
    Value score;  // (rows, 1)
    // Of the context, (rows, prepared_context_features()), logarithms of relative probabilities for
    // the classes; null for a critic that gives none.
    Value estimate;
  };

  // Preprocessed events, (rows, preprocessed_features()), from latent variables, (rows, latent),
  // and the condition, null where there is none; all of the trace's type.
  virtual Value generate(Trace& trace, Value latent, Value condition) const = 0;
  // Of events as the critic reads them: what seen() gives.
  virtual Criticism criticise(Trace& trace, Value events, Value condition) const = 0;
  // What the critic reads of preprocessed events, (rows, seen_features()), and regularisers move
  // about in: the same, unless a network has more to show.
  virtual int64_t seen_features() const { return preprocessed_features(); }
  virtual Value seen(Value events) const { return events; }

  // Columns of a preprocessed event.
  virtual int64_t preprocessed_features() const { return features(); }
  // Events in the user's units from preprocessed ones, float64.
  virtual Value restored(Value events, Value condition) const;
  // What both sides are told of each event, (rows, condition_features()): unless a network says
  // otherwise the preprocessed context. It may depend on x, the true events of a training batch; x
  // is null where events are drawn.
  virtual int64_t condition_features() const { return prepared_context_features(); }
  virtual Value condition(Trace& trace, int64_t rows, Value x, Value context) const;
  // What the generator learns besides the game, (rows, 1), float64; null for nothing. `made` are
  // preprocessed events, x true ones in the user's units.
  virtual Value further_of_generator(Trace& trace, Value x, Value made, Value condition) const;
  // What the errors of the critic's estimate of the context weigh in both losses: the squares of
  // those of numbers, and the cross entropy of the class (arXiv:1610.09585).
  virtual double auxiliary_weight() const { return 0; }

 private:
  Value made(Trace& trace, int64_t rows, Value condition) const;
  Criticism criticised(Trace& trace, Value events, Value condition) const;
  Value estimation_errors(Value estimate, Value condition) const;

  int64_t latent_;
  bool normal_;
};

// The fields that every such network has, and those of its own.
std::vector<Field> adversarial_fields(std::vector<Field> own);
// One of them, for a network that has fields of its own for the data: classes.
Field classes_field();
// Makes a context of any numbers, for the laws: the last is turned into a class where there are
// any.
void make_class(const Specification& specification, std::span<double> context);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_ADVERSARIAL_NETWORK_H_
