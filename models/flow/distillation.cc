#include "models/flow/distillation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "cpp/train/dataset.h"
#include "models/model.h"

namespace castalia {
namespace {

// Fields in which a student may differ from its teacher: its networks, and what is not computed.
constexpr std::array kFree = {"direction",
                              "inverted",
                              "hidden",
                              "hidden_layers",
                              "activation",
                              "degrees",
                              "context_activation",
                              "feature_names",
                              "feature_units",
                              "context_names",
                              "context_units",
                              "dtype",
                              "seed"};

void expect_same_fields(const Model& student, const Model& teacher) {
  const std::string& name = student.architecture().name;
  if (teacher.architecture().name != name) {
    fail(Code::invalid_argument, "the teacher is a ", teacher.architecture().name,
         ", the student a ", name);
  }
  const auto fields = [](const Model& model) {
    return nlohmann::json::parse(model.specification().json());
  };
  const nlohmann::json own = fields(student);
  const nlohmann::json other = fields(teacher);
  const bool random = own.at("order") == "random";
  for (const auto& [field, value] : own.items()) {
    const bool free = std::find(kFree.begin(), kFree.end(), field) != kFree.end();
    if ((free && !(field == "seed" && random)) || other.at(field) == value) continue;
    fail(Code::invalid_argument, name, ".", field, " is ", value.dump(), ", but ",
         other.at(field).dump(), " in the teacher: they must agree");
  }
  if (own.value("base", "normal") != "normal" && own.value("base", "uniform") != "uniform") {
    fail(Code::unsupported, name,
         ".base is learned: a student's latent variables are its "
         "teacher's");
  }
  if (own.at("direction") != "inverse" || other.at("direction") != "forward") {
    fail(Code::invalid_argument, name, ": a student has direction 'inverse' and its teacher ",
         "direction 'forward', not ", own.at("direction").dump(), " and ",
         other.at("direction").dump());
  }
}

const Distillable& distillable(const Network& network, const std::string& name) {
  const auto* found = dynamic_cast<const Distillable*>(&network);
  if (found == nullptr) {
    fail(Code::unsupported, name, " has no autoregressive layers that a teacher could teach");
  }
  return *found;
}

// A number that another teacher is unlikely to share.
std::string fingerprint(const Model& model) {
  Dataset weights;
  weights.x = model.parameter_values();
  return text("teacher ", weights.fingerprint());
}

Value mean_square(Value a, Value b) {
  const Value squares = square(cast(a - b, DType::float64));
  return sum(squares, {1}) * (1 / static_cast<double>(a.columns()));
}

class Distillation final : public Network {
 public:
  Distillation(std::unique_ptr<Network> student, std::shared_ptr<const Model> teacher,
               const std::string& name, const TrainingOptions& options)
      : student_(std::move(student)),
        teacher_(std::move(teacher)),
        teacher_network_(teacher_->architecture().build(teacher_->specification())),
        teacher_table_(teacher_->parameter_table()),
        pupil_(distillable(*student_, name)),
        master_(distillable(*teacher_network_, name)),
        options_(options) {
    teacher_network_->set_preprocessing_json(teacher_->preprocessing_json());
  }

  int64_t features() const override { return student_->features(); }
  int64_t context_features() const override { return student_->context_features(); }
  bool can(Capability capability) const override { return student_->can(capability); }
  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    student_->fit_preprocessing(x, context);
  }
  bool fitted() const override { return student_->fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    student_->check_rows(x, context, first_row);
  }
  std::string preprocessing_json() const override { return student_->preprocessing_json(); }
  void set_preprocessing_json(const std::string& json) override {
    student_->set_preprocessing_json(json);
  }
  void declare(Trace& trace) override { student_->declare(trace); }
  Value log_prob(Trace& trace, Value x, Value context) override {
    return student_->log_prob(trace, x, context);
  }
  Value sample(Trace& trace, int64_t rows, Value context) override {
    return student_->sample(trace, rows, context);
  }
  std::pair<Value, Value> transform(Trace& trace, Value x, Value context) override {
    return student_->transform(trace, x, context);
  }
  std::pair<Value, Value> inverse(Trace& trace, Value z, Value context) override {
    return student_->inverse(trace, z, context);
  }

  const void* frozen_state(const std::string& name) const override {
    return name == "teacher" ? teacher_->parameters() : Network::frozen_state(name);
  }
  std::string loss_identity() const override { return fingerprint(*teacher_); }

  Value loss(Trace& trace, Value x, Value context) override {
    const Value flat =
        trace.graph().state("teacher", {teacher_->dtype(), {teacher_table_.count()}});
    Trace teacher(trace.graph(), teacher_table_, flat, teacher_->dtype());
    const Distillable::Lesson given = pupil_.lesson(trace, x, context);
    loss_ = given.loss;
    follow_data(trace, teacher, given);
    follow_latent(trace, teacher, given, x.rows());
    return loss_;
  }

 private:
  void add(double weight, Value term) {
    if (weight > 0) loss_ = added(loss_, term * weight);
  }

  void follow_data(Trace& trace, Trace& teacher, const Distillable::Lesson& given) {
    const Path there = master_.path(teacher, given.y, given.condition);
    const Path back = pupil_.path(trace, there.end, given.condition);
    add(options_.distil_data, mean_square(back.end, given.y));
    compare(back, there);
  }

  void follow_latent(Trace& trace, Trace& teacher, const Distillable::Lesson& given, int64_t rows) {
    const Value z = pupil_.draw_latent(trace, rows);
    const Path there = pupil_.path(trace, z, given.condition);
    const Path back = master_.path(teacher, there.end, given.condition);
    add(options_.distil_latent, mean_square(back.end, z));
    compare(there, back);
    if (options_.distil_density == 0) return;
    const Value log_q = pupil_.latent_log_prob(trace, z) - there.log_det;
    const Value log_p = master_.latent_log_prob(teacher, back.end) + back.log_det;
    add(options_.distil_density, log_q - log_p);
  }

  using Path = AutoregressiveLayers::Path;

  // The first variables of the data's side are the data, which have a term of their own.
  void compare(const Path& pupil, const Path& master) {
    const auto share = 1 / static_cast<double>(pupil.variables.size());
    for (size_t layer = 0; layer < pupil.variables.size(); ++layer) {
      if (layer > 0) {
        add(share * options_.distil_layers,
            mean_square(pupil.variables[layer], master.variables[layer]));
      }
      add(share * options_.distil_parameters,
          mean_square(pupil.parameters[layer], master.parameters[layer]));
    }
  }

  std::unique_ptr<Network> student_;
  std::shared_ptr<const Model> teacher_;
  std::unique_ptr<Network> teacher_network_;
  ParameterTable teacher_table_;
  const Distillable& pupil_;
  const Distillable& master_;
  TrainingOptions options_;
  Value loss_;  // as far as it is traced
};

}  // namespace

std::unique_ptr<Network> make_distillation(std::unique_ptr<Network> student, const Model& of,
                                           std::shared_ptr<const Model> teacher,
                                           const TrainingOptions& options) {
  distillable(*student, of.architecture().name);
  expect_same_fields(of, *teacher);
  const auto inverted = [](const Model& model, bool otherwise) {
    return nlohmann::json::parse(model.specification().json()).value("inverted", otherwise);
  };
  if (options.distil_parameters > 0 && inverted(of, true) == inverted(*teacher, false)) {
    fail(Code::invalid_argument, of.architecture().name,
         ".inverted must be true in the student and false in the teacher where "
         "training.distil_parameters compares the parameters of their transformers");
  }
  if (!teacher->fitted()) {
    fail(Code::invalid_argument, "the teacher '", options.teacher, "' has not been trained");
  }
  if (!student->fitted()) {
    student->set_preprocessing_json(teacher->preprocessing_json());
  } else if (student->preprocessing_json() != teacher->preprocessing_json()) {
    fail(Code::invalid_argument,
         "the student was trained with other preprocessing than its teacher's");
  }
  return std::make_unique<Distillation>(std::move(student), std::move(teacher),
                                        of.architecture().name, options);
}

std::vector<std::byte> inherited_parameters(const Model& student, const Model& teacher) {
  const ParameterTable& table = student.parameter_table();
  const size_t size = size_of(student.dtype());
  const auto* own = static_cast<const std::byte*>(student.parameters());
  std::vector<std::byte> out(own, own + static_cast<size_t>(table.count()) * size);
  const std::unique_ptr<Network> network = student.architecture().build(student.specification());
  const std::string prefix = distillable(*network, student.architecture().name).inherited();
  if (prefix.empty()) return out;
  expect_same_fields(student, teacher);
  const auto* from = static_cast<const std::byte*>(teacher.parameters());
  for (const Parameter& each : table.parameters()) {
    if (!each.name.starts_with(prefix)) continue;
    const auto& others = teacher.parameter_table().parameters();
    const auto other = std::find_if(others.begin(), others.end(), [&](const Parameter& candidate) {
      return candidate.name == each.name && candidate.shape == each.shape;
    });
    if (other == others.end()) {
      fail(Code::invalid_argument, "the teacher has no parameter '", each.name, "' of shape ",
           each.shape);
    }
    std::copy_n(from + static_cast<size_t>(other->offset) * size,
                static_cast<size_t>(each.shape.count()) * size,
                out.data() + static_cast<size_t>(each.offset) * size);
  }
  return out;
}

}  // namespace castalia
