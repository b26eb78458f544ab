// The networks that compute a bijection's parameters from features and the context.
#ifndef CASTALIA_CPP_PROB_CONDITIONER_H_
#define CASTALIA_CPP_PROB_CONDITIONER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"

namespace castalia {

// hidden, hidden_layers, activation.
std::vector<Field> conditioner_fields();

// These, and those of the transformers with this one as the default (transformer_fields()): what
// layers have whose transformers get their parameters from a conditioner.
std::vector<Field> conditioned_fields(const std::string& transformer);

// What the weights of hidden layers start as: narrower than those of other networks, with which
// densities come out closer in as many steps (docs/density.md).
inline constexpr Initializer kConditionerWeight = Initializer::lecun_uniform;

// The network that these fields ask for, whose biases of hidden layers start spread out and whose
// last layer starts as zero.
MlpOptions conditioner_options(const FieldValues& values);

// (rows of x, outputs), zero at first: from the context by that network, named conditioner, or,
// where the context is null, `parameters` of their own.
Value contextual_parameters(Trace& trace, const MlpOptions& network, Value x, Value context,
                            int64_t outputs);

// What a coupling computes the parameters by: a perceptron ("mlp"), or one of residual blocks
// ("residual"), as many as it has hidden layers, each scaled by a gate of the context where there
// is one (arXiv:1906.04032).
struct CouplingConditioner {
  MlpOptions network;
  std::string kind = "mlp";
};

// The field `conditioner`, and that network by it and conditioner_fields().
Field coupling_conditioner_field();
CouplingConditioner coupling_conditioner(const FieldValues& values);

// (rows, outputs), from the features that the coupling keeps and the context, of which one may be
// null; zero at first. The parameters are conditioner.linear_0.weight, ...
Value coupling_parameters(Trace& trace, const CouplingConditioner& conditioner, Value kept,
                          Value context, int64_t outputs);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_CONDITIONER_H_
