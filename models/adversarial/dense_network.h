// Generators and critics of dense layers.
#ifndef CASTALIA_MODELS_ADVERSARIAL_DENSE_NETWORK_H_
#define CASTALIA_MODELS_ADVERSARIAL_DENSE_NETWORK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/nn/conditioned_mlp.h"
#include "models/adversarial/adversarial_network.h"

namespace castalia {

// The hidden layers of one side, "generator" or "critic": the fields SIDE_hidden, SIDE_layers and
// SIDE_activation, and what they say.
std::vector<Field> dense_side_fields(const std::string& side);
ConditionedMlpOptions dense_side_options(const Specification& specification,
                                         const std::string& side);

// Reads the fields that dense_fields() gives.
class DenseAdversarialNetwork : public AdversarialNetwork {
 public:
  explicit DenseAdversarialNetwork(const Specification& specification);

 protected:
  Value generate(Trace& trace, Value latent, Value context) const override;
  Criticism criticise(Trace& trace, Value events, Value context) const override;
  double auxiliary_weight() const override { return auxiliary_weight_; }

 private:
  ConditionedMlpOptions generator_;
  ConditionedMlpOptions critic_;
  int64_t minibatch_features_;
  double auxiliary_weight_;
};

// The fields of such a network, and those of its own.
std::vector<Field> dense_fields(std::vector<Field> own);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_DENSE_NETWORK_H_
