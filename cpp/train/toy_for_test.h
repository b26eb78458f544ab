// A small network to train: an autoencoder of three features through two.
#ifndef CASTALIA_CPP_TRAIN_TOY_FOR_TEST_H_
#define CASTALIA_CPP_TRAIN_TOY_FOR_TEST_H_

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/train/trainer.h"

namespace castalia {

class ToyNetwork : public Network {
 public:
  explicit ToyNetwork(DType dtype) : dtype_(dtype) {}

  int64_t features() const override { return 3; }
  int64_t context_features() const override { return 0; }
  bool can(Capability) const override { return false; }

  void fit_preprocessing(std::span<const double>, std::span<const double>) override {}
  bool fitted() const override { return true; }
  void check_rows(std::span<const double>, std::span<const double>, int64_t) const override {}
  std::string preprocessing_json() const override { return "{}"; }
  void set_preprocessing_json(const std::string&) override {}

  void declare(Trace& trace) override {
    loss(trace, trace.graph().input("x", {DType::float64, {1, 3}}), {});
  }

  Value loss(Trace& trace, Value x, Value) override {
    const Value in = cast(x, dtype_);
    const Value hidden = tanh(linear(trace, "encoder", in, 2, Initializer::glorot_uniform));
    const Value out = linear(trace, "decoder", hidden, 3, Initializer::glorot_uniform);
    return sum(square(cast(out - in, DType::float64)), {1});
  }

 private:
  DType dtype_;
};

// The same, fed with events to which it has added noise.
class NoisyToyNetwork : public ToyNetwork {
 public:
  using ToyNetwork::ToyNetwork;

  Value loss(Trace& trace, Value x, Value context) override {
    if (!trace.seed) return ToyNetwork::loss(trace, x, context);
    const Value noise = random_normal(trace.seed, trace.first_event, x.shape()[0], features(),
                                      kNoiseStage, DType::float64);
    return ToyNetwork::loss(trace, x + 0.1 * noise, context);
  }
};

// 200 weighted events near a curve.
inline std::shared_ptr<const Dataset> toy_data() {
  auto data = std::make_shared<Dataset>();
  data->rows = 200;
  data->features = 3;
  for (int i = 0; i < 200; ++i) {
    const double t = 0.01 * i - 1;
    data->x.insert(data->x.end(), {t, std::sin(2 * t), t * t - 0.3});
    data->weights.push_back(1 + 0.5 * std::cos(i));
  }
  return data;
}

// A trainer of the toy from its first weights.
template <typename Toy = ToyNetwork>
std::unique_ptr<Trainer> toy_trainer(DType dtype, const std::string& options,
                                     Resources resources = 1) {
  auto network = std::make_unique<Toy>(dtype);
  ParameterTable table;
  Graph graph;
  Trace trace(graph, table, {}, dtype);
  network->declare(trace);
  table.close();
  const std::vector<double> initial = initial_values(table, 7);
  const std::vector<float> rounded(initial.begin(), initial.end());
  const void* first = dtype == DType::float64 ? static_cast<const void*>(initial.data())
                                              : static_cast<const void*>(rounded.data());
  return std::make_unique<Trainer>(std::move(network), table, dtype, first, toy_data(),
                                   TrainingOptions(options), resources);
}

// 17 weights: encoder (3, 2) + 2, decoder (2, 3) + 3.
inline constexpr size_t kToyWeights = 17;

template <typename T>
std::vector<T> toy_weights(const Trainer& trainer) {
  const std::vector<double> values = trainer.parameter_values();
  return {values.begin(), values.begin() + kToyWeights};
}

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_TOY_FOR_TEST_H_
