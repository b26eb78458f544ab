// A model: an architecture with its specification, its weights and its preprocessing.
//
// Any number of threads may evaluate one model at the same time. Whoever changes it holds it
// exclusively (Model::Hold) and finds it busy while others use it.
#ifndef CASTALIA_MODELS_MODEL_H_
#define CASTALIA_MODELS_MODEL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"
#include "models/catalogue.h"
#include "models/evaluation.h"

namespace castalia {

class Model {
 public:
  // Makes a model with its first weights, drawn from the specification's seed. The preprocessing is
  // still to be fitted. Errors: those of the specification and of the architecture's build
  // function.
  static std::shared_ptr<Model> create(const std::string& architecture,
                                       const std::string& specification_json);
  static std::shared_ptr<Model> create(const Specification& specification);

  // Reads a model file (models/model_file.cc). With `verify` the stored outputs are computed again
  // and compared at a relative tolerance of 1e-4. Errors: io_error, corrupt_file, newer_version.
  static std::shared_ptr<Model> load(const std::string& path, bool verify = true);
  // Replaces the file in one step; an older file survives a failure. Errors: io_error.
  void save(const std::string& path) const;

  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model();

  const Architecture& architecture() const { return specification_.architecture(); }
  const Specification& specification() const { return specification_; }
  int64_t features() const { return network_->features(); }
  int64_t context_features() const { return network_->context_features(); }
  // Those that its evaluation asks for: none where training alone reads them.
  int64_t context_features(Capability capability) const {
    return network_->reads_context(capability) ? context_features() : 0;
  }
  DType dtype() const { return specification_.dtype(); }
  // Whether it can be evaluated: its preprocessing is fitted.
  bool fitted() const { return network_->fitted(); }

  // The same model with weights of another element type. A float32 model's weights are exact in
  // float64, and come back unchanged.
  std::shared_ptr<Model> converted(DType dtype) const;

  // JSON for people and bindings: architecture, family, features, specification, preprocessing,
  // capabilities, parameters (name, shape), training.
  std::string describe() const;

  // JSON: the Program that computes `what` ("sample", a capability's name) for so many rows at a
  // time, its steps and its memory, with a table for people (castalia_model_plan). Errors:
  // not_found, out_of_range, invalid_argument (not fitted), busy.
  std::string plan(const std::string& what, int64_t rows) const;

  // The bytes of an ONNX file that computes `what` ("log_prob", "transform", "inverse") for any
  // number of events, with the weights of now (models/onnx.cc). Errors: not_found;
  // invalid_argument (not fitted); unsupported (a sample: events are drawn by putting z through
  // "inverse"; or an operator that has no form in ONNX); busy.
  std::string onnx(const std::string& what) const;

  // What to tell the user of a context, (rows, context features), that lies outside the range of a
  // column in training: the first such value, with its row and column, counted from 0, and the
  // range. Empty where there is none, and for a model from a file that does not have the ranges.
  // Errors: busy.
  std::string outside_training(std::span<const double> context) const;

  // Evaluation. x and z are (rows, features), the context is (rows, context features) or one row
  // for all; RowsIn and RowsOut say which types and places they may have. `threads` 0 means all
  // cores. The numbers of a row do not depend on the rows beside it nor on the threads. What lies
  // on a device lies on that of the resources. Errors: unsupported (the architecture cannot);
  // device_unavailable (an array elsewhere); dtype_mismatch (arrays on a device of two types);
  // invalid_argument (not fitted, context given or missing); shape_mismatch; not_finite and
  // out_of_range with row and column; busy (the model is being fitted).

  // The logarithm of the density at each x, in the user's units: (rows).
  void log_prob(const RowsIn& x, const RowsIn& context, RowsOut out,
                Resources resources = {}) const;
  // x to latent z and back, with the logarithms of the determinants, (rows), if room is given.
  void transform(const RowsIn& x, const RowsIn& context, RowsOut z, RowsOut log_det = {},
                 Resources resources = {}) const;
  void inverse(const RowsIn& z, const RowsIn& context, RowsOut x, RowsOut log_det = {},
               Resources resources = {}) const;
  // What a classifier says of each x: (rows).
  void score(const RowsIn& x, const RowsIn& context, RowsOut out, Resources resources = {}) const;
  // Events first_event, first_event + 1, ... of the sample that `seed` names: as many rows as `out`
  // has room for. The same event is the same numbers in whatever call it is drawn.
  void sample(uint64_t seed, uint64_t first_event, const RowsIn& context, RowsOut out,
              Resources resources = {}) const;

  // For training.

  // Exclusive use while it lives. Error (busy) when the model is in use.
  class Hold {
   public:
    explicit Hold(Model& model);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Model& model_;
  };

  // What follows asks for a Hold, or for a model that nobody else has yet.
  Network& network() { return *network_; }
  ParameterTable& parameter_table() { return table_; }
  const ParameterTable& parameter_table() const { return table_; }
  // An Error (unsupported) where this network has it not.
  void require_capability(Capability capability) const;
  // The flat parameters, parameter_table().count() elements of dtype(), in memory that a Workspace
  // can be bound to. They may be written under a Hold; evaluation reads them from there.
  void* parameters() { return parameters_.data(); }
  const void* parameters() const { return parameters_.data(); }
  std::vector<double> parameter_values() const;
  void set_parameter_values(std::span<const double> values);
  // Fits the preprocessing and keeps the reference.
  void fit_preprocessing(std::span<const double> x, std::span<const double> context);
  // Keeps the first few rows, of which is stored with the model what it says of them, to be checked
  // on loading, and the range of each column of the context.
  void keep_reference(std::span<const double> x, std::span<const double> context);
  std::string preprocessing_json() const { return network_->preprocessing_json(); }
  void set_preprocessing_json(const std::string& json);
  // How evaluation in float32 multiplies matrices, on whatever it is done; training is not
  // concerned. Errors: device_unavailable (the host, or the device that is named, has no such
  // products), here or, where it is evaluated elsewhere later, there.
  void set_products(Products products, const Device* device = nullptr) {
    cache_->set_products(products, device);
  }
  // How it was trained, a JSON object for people, kept in the file; empty when it was not.
  const std::string& training_json() const { return training_json_; }
  void set_training_json(const std::string& json) { training_json_ = json; }

 private:
  friend class Sampler;

  // A reader of the model for as long as it lives.
  class Reader {
   public:
    explicit Reader(const Model& model) : model_(model) { model_.enter(); }
    ~Reader() { model_.leave(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    const Model& model_;
  };

  // Rows that are stored in a file with the log-densities that the model gives them.
  struct Reference {
    std::vector<double> x;
    std::vector<double> context;
  };

  // Of a column of the context in training.
  struct Range {
    double least;
    double greatest;
  };

  explicit Model(const Specification& specification);
  void declare_parameters();
  void evaluate(const EvaluationRequest& request, Resources resources) const;
  // A capability that gives one number a row.
  void judge(Capability capability, const RowsIn& x, const RowsIn& context, RowsOut out,
             Resources resources) const;
  // Everything that can be wrong with a request, before it is computed.
  void check_request(const EvaluationRequest& request) const;
  static void check_places(const EvaluationRequest& request, const Resources& resources);
  void require_fitted() const;
  // The capability of this name. Errors: not_found, unsupported (this network has it not).
  Capability capability_named(const std::string& name) const;
  // Counts a reader in and out; Error (busy) while someone holds the model.
  void enter() const;
  void leave() const;
  std::unique_ptr<Crew> hire(Resources resources) const;
  void release(std::unique_ptr<Crew> crew) const;
  bool has_reference() const;
  void verify_reference(std::span<const double> stored) const;
  // The error of a sample of which something is not finite.
  void refuse_events(const RowsOut& events, uint64_t first_event) const;
  // What is kept of the rows of the reference, log_prob or score, and what it is now.
  Capability reference_capability() const;
  std::vector<double> reference_answers() const;

  Specification specification_;
  std::unique_ptr<Network> network_;
  ParameterTable table_;
  AlignedBuffer parameters_;
  Reference reference_;
  std::vector<Range> context_ranges_;  // empty where they are not known
  std::string training_json_;
  std::unique_ptr<ProgramCache> cache_;

  mutable std::atomic<int> users_{0};  // -1: held
  mutable std::mutex crews_mutex_;
  mutable std::vector<std::unique_ptr<Crew>> idle_crews_;
};

// Draws the events of a sample one after another. Belongs to one thread at a time. While it lives
// its model cannot be held.
class Sampler {
 public:
  // Errors: unsupported, invalid_argument (not fitted), busy.
  Sampler(std::shared_ptr<const Model> model, uint64_t seed, Resources resources = {});
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // The next events, as many rows as `out` has room for; errors as for Model::sample. After an
  // error the sampler stands where it stood.
  void next(RowsOut out, const RowsIn& context = {});
  // The number of the event that comes next.
  void seek(uint64_t event);
  uint64_t position() const { return position_; }
  const Model& model() const { return *model_; }

 private:
  void draw(const RowsOut& out, const RowsIn& context);
  void draw_ahead(uint64_t least);

  std::shared_ptr<const Model> model_;
  uint64_t seed_;
  uint64_t position_ = 0;
  std::unique_ptr<Crew> crew_;
  // Events drawn ahead of small requests: without a context an event's numbers do not depend on
  // when it is drawn, and a batch costs little more than one event.
  std::vector<double> ahead_;
  uint64_t ahead_first_ = 0;
  int64_t read_ahead_ = 1;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_MODEL_H_
