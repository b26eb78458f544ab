// A network as the layers above see it: something that declares its parameters by being traced.
//
// The parameters of a network are one flat tensor; each parameter is a slice of it, in the order of
// first use. Tracing a network again, for another batch size, finds the same parameters by name.
#ifndef CASTALIA_CPP_NN_NETWORK_H_
#define CASTALIA_CPP_NN_NETWORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

class Adversarial;

// The first values of a parameter: element i of n, given the parameter's shape.
// Draws are counter-based: (seed, index of the parameter, index of the element).
// bias_uniform is for biases of hidden layers, by the number of the layer's inputs: the kinks of
// its units spread over the inputs and do not all lie at zero.
enum class Initializer { zeros, ones, glorot_uniform, he_uniform, lecun_uniform, bias_uniform };

struct Parameter {
  std::string name;  // "coupling_3.conditioner.linear_1.weight"
  Shape shape;
  Initializer initializer = Initializer::zeros;
  bool trainable = true;  // false: a statistic, which no gradient moves (Trace::statistic)
  int64_t offset = 0;     // in elements, in the flat tensor
  int64_t inputs = 0;     // of the layer, where a bias is drawn by them
};

// The table of a network's parameters, filled by its first trace and then closed.
class ParameterTable {
 public:
  // Finds the parameter, or declares it while the table is open. An Error (internal) when the shape
  // differs from the declared one or the table is closed.
  const Parameter& declare(const std::string& name, const Shape& shape, Initializer initializer,
                           bool trainable = true, int64_t inputs = 0);
  void close() { closed_ = true; }
  // A copy that is open again: what is declared in it comes behind what there is.
  ParameterTable reopened() const;
  int64_t count() const { return count_; }  // elements in all
  const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  std::vector<Parameter> parameters_;
  std::unordered_map<std::string, size_t> index_;
  int64_t count_ = 0;
  bool closed_ = false;
};

// First values of the whole flat tensor.
std::vector<double> initial_values(const ParameterTable& table, uint64_t seed);

// What a network needs while it is traced.
class Trace {
 public:
  // While the table is open no flat tensor is given and parameters are stand-alone inputs.
  Trace(Graph& graph, ParameterTable& table, Value flat, DType dtype)
      : graph_(graph), table_(table), flat_(flat), dtype_(dtype) {}

  // The parameters from element `first` on lie in another tensor, which begins with that element.
  void split(int64_t first, Value rest) {
    split_ = first;
    rest_ = rest;
  }

  Graph& graph() { return graph_; }
  DType dtype() const { return dtype_; }
  Value parameter(const std::string& name, const Shape& shape, Initializer initializer,
                  int64_t inputs = 0);

  // A parameter that follows from the events that pass, as the running mean of a normalisation
  // does, and not from a gradient: each step of training that moves the parameters beside it sets
  // it to what the last update() of it says. It is averaged, judged and stored as they are.
  Value statistic(const std::string& name, const Shape& shape, Initializer initializer);
  void update(const std::string& name, Value value);
  // The new values of statistics, flat, by their offset; filled while `training`.
  std::map<int64_t, Value> updates;
  // A batch of a training step is traced: what normalises by the batch does so. Elsewhere no row
  // depends on the others.
  bool training = false;

  // Names the parameters and nodes made while it lives: prefix "coupling_3." and scope "coupling
  // 3".
  class Part {
   public:
    Part(Trace& trace, const std::string& name);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    Trace& trace_;
    size_t length_;
    Scope scope_;
  };

  // Random numbers are functions of (seed, event, stage, feature). Both are int64 scalars; row i of
  // a batch is event first_event + i. In a sampling pass the event is the event of the sample; in
  // loss() it is fresh for each row of each training step and fixed for each row held out. Null
  // elsewhere: a density has no chance in it.
  Value seed;
  Value first_event;

  // What must hold for a row, or its results are not given out: float64 (rows, 1), 0 where it does
  // not, and what the caller is told then ("the solver took more than its 1000 steps").
  struct Demand {
    Value holds;
    std::string otherwise;
  };
  std::vector<Demand> demands;

 private:
  Value value_of(const Parameter& parameter);

  Graph& graph_;
  ParameterTable& table_;
  Value flat_;
  Value rest_;
  int64_t split_ = 0;
  DType dtype_;
  std::string prefix_;
};

enum class Capability { sample, log_prob, transform, inverse, score };

// A trained quantity of a model, traced on demand. Values have one row an event; x is
// (rows, features) in the user's own units, float64; context is (rows, context features), float64,
// or null when the network has none.
class Network {
 public:
  virtual ~Network() = default;

  virtual int64_t features() const = 0;
  virtual int64_t context_features() const = 0;
  virtual bool can(Capability capability) const = 0;
  // Whether what it computes depends on the context: one that training alone reads is not asked for
  // when the network is evaluated.
  virtual bool reads_context(Capability) const { return true; }

  // Fits what is computed from the data once, before training (preprocessing). x is row-major
  // (rows, features), context (rows, context_features) or empty. Both are empty where training goes
  // without data: nothing is then scaled. Errors name the column.
  virtual void fit_preprocessing(std::span<const double> x, std::span<const double> context) = 0;
  virtual bool fitted() const = 0;
  // An Error when a row lies where the network has no value: not_finite or out_of_range with row
  // (the first is named first_row) and column, counted from 0. Either span may be empty.
  virtual void check_rows(std::span<const double> x, std::span<const double> context,
                          int64_t first_row) const = 0;
  // Constants of the preprocessing as JSON text, and back.
  virtual std::string preprocessing_json() const = 0;
  virtual void set_preprocessing_json(const std::string& json) = 0;

  // Memory of a state that loss() reads beside the parameters and nothing writes: the weights of
  // another network. It lives as long as the network.
  virtual const void* frozen_state(const std::string& name) const;
  // What loss() depends on besides parameters, data and the fields of training: a checkpoint fits
  // no other run.
  virtual std::string loss_identity() const { return {}; }

  // What a network that is trained against a critic says of that; null for all others. loss() is
  // then not called.
  virtual Adversarial* adversarial() { return nullptr; }

  // Uses every parameter once, so that the open table learns of all. No data have been seen yet.
  virtual void declare(Trace& trace) = 0;

  // What follows is an Error (unsupported) in a network that does not say otherwise.

  // The training objective of each row, float64 (rows, 1); the trainer takes the weighted mean.
  virtual Value loss(Trace& trace, Value x, Value context);

  virtual Value log_prob(Trace& trace, Value x, Value context);     // float64 (rows, 1)
  virtual Value sample(Trace& trace, int64_t rows, Value context);  // float64 (rows, features)
  // Data to latent space and back; the log-determinants are float64 (rows, 1).
  virtual std::pair<Value, Value> transform(Trace& trace, Value x, Value context);
  virtual std::pair<Value, Value> inverse(Trace& trace, Value z, Value context);
  // What a classifier says of each row, float64 (rows, 1).
  virtual Value score(Trace& trace, Value x, Value context);

  // What sample() gives with its log-density, float64 (rows, 1).
  virtual std::pair<Value, Value> sample_with_log_prob(Trace& trace, int64_t rows, Value context);
  // Whether sample() is a function of the parameters, for given random numbers, that it makes sense
  // to differentiate: not where it chooses between possibilities or takes very many passes.
  virtual bool sample_is_differentiable() const { return false; }
  // The rows as the network reads them, (rows, any) of the trace's type: what another network that
  // judges them is fed with.
  virtual Value preprocessed(Trace& trace, Value x, Value context);
};

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_NETWORK_H_
