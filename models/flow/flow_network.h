// What all flows share: the base density, and the capabilities that follow from a
// bijection between preprocessed data and latent variables.
#ifndef CASTALIA_MODELS_FLOW_FLOW_NETWORK_H_
#define CASTALIA_MODELS_FLOW_FLOW_NETWORK_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/nn/stages.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/conditioner.h"
#include "cpp/prob/transformer.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {

// The fields that flow_fields() gives, read by the constructor: features, context_features, tails,
// bound, base, base_components, preprocessing, context_preprocessing.
class FlowNetwork : public PreprocessedNetwork {
 public:
  explicit FlowNetwork(const Specification& specification);

  bool can(Capability capability) const override { return capability != Capability::score; }

  void declare(Trace& trace) override;
  Value loss(Trace& trace, Value x, Value context) override;
  Value log_prob(Trace& trace, Value x, Value context) override;
  Value sample(Trace& trace, int64_t rows, Value context) override;
  std::pair<Value, Value> transform(Trace& trace, Value x, Value context) override;
  std::pair<Value, Value> inverse(Trace& trace, Value z, Value context) override;
  std::pair<Value, Value> sample_with_log_prob(Trace& trace, int64_t rows, Value context) override;
  // The mixture chooses a component.
  bool sample_is_differentiable() const override { return base_ != "mixture"; }

 protected:
  // Preprocessed data to latent variables: (rows, features) of the trace's type, and the
  // log-determinant, float64 (rows, 1). The context is preprocessed, or null.
  virtual Mapped forward(Trace& trace, Value x, Value context) const = 0;
  // The same undone. Parameters keep the names that they have in forward(), which must have
  // declared them.
  virtual Mapped backward(Trace& trace, Value z, Value context) const = 0;

  // Where the transformers of this flow act, after preprocessing.
  const TransformerDomain& domain() const { return domain_; }
  const std::string& base() const { return base_; }

  // Of latent variables: float64 (rows, 1), and draws, (rows, features) of the trace's type. The
  // context is preprocessed.
  Value base_log_prob(Trace& trace, Value z, Value context) const;
  Value base_sample(Trace& trace, int64_t rows, Value context, int64_t stage = kBaseStage) const;

  bool base_is_learned() const { return base_ != "normal" && base_ != "uniform"; }

 private:
  struct Latent {
    Value z;
    Value log_det;        // float64 (rows, 1)
    double constant = 0;  // to be added to it
  };

  Latent to_latent(Trace& trace, Value x, Value context) const;
  // Latent variables to data in the user's units, with the log-determinant.
  std::pair<Value, Value> to_data(Trace& trace, Value z, Value context) const;

  TransformerDomain domain_;
  bool bounded_;
  std::string base_;
  int64_t base_components_;
};

// The fields that every flow has, and those of its own.
std::vector<Field> flow_fields(std::vector<Field> own);

}  // namespace castalia

#endif  // CASTALIA_MODELS_FLOW_FLOW_NETWORK_H_
