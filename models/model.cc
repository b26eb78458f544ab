#include "models/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/compile/program.h"
#include "cpp/nn/parameter_values.h"

namespace castalia {
namespace {

// Crews that wait for their next caller; more are dismissed.
constexpr size_t kIdleCrews = 8;
// Rows of the reference that a file keeps.
constexpr size_t kReferenceRows = 8;

// The names and units that a specification gives, if it gives any, must be one a column.
void check_labels(const Specification& specification, const char* field, int64_t columns) {
  const auto given = static_cast<int64_t>(specification.texts(field).size());
  if (given == 0 || given == columns) return;
  fail(Code::shape_mismatch, specification.architecture().name, ".", field, " has ", given,
       " entries for ", columns, " columns; give one a column or none");
}

void check_finite(std::span<const double> values, int64_t columns, const char* what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const auto index = static_cast<int64_t>(i);
    fail(Code::not_finite, what, " row ", index / columns, ", column ", index % columns,
         ": the value is ", values[i]);
  }
}

}  // namespace

std::shared_ptr<Model> Model::create(const std::string& architecture,
                                     const std::string& specification_json) {
  return create(Specification(find_architecture(architecture), specification_json));
}

std::shared_ptr<Model> Model::create(const Specification& specification) {
  std::shared_ptr<Model> model(new Model(specification));
  model->set_parameter_values(initial_values(model->table_, specification.seed()));
  return model;
}

Model::Model(const Specification& specification)
    : specification_(specification), network_(specification.architecture().build(specification)) {
  check_labels(specification_, "feature_names", features());
  check_labels(specification_, "feature_units", features());
  check_labels(specification_, "context_names", context_features());
  check_labels(specification_, "context_units", context_features());
  declare_parameters();
  const size_t bytes = static_cast<size_t>(table_.count()) * size_of(dtype());
  parameters_ = AlignedBuffer(padded_bytes(bytes));
  cache_ = std::make_unique<ProgramCache>(*network_, table_, dtype());
}

Model::~Model() = default;

void Model::declare_parameters() {
  Graph graph;
  Trace trace(graph, table_, Value(), dtype());
  network_->declare(trace);
  table_.close();
}

std::shared_ptr<Model> Model::converted(DType dtype) const {
  const Reader reader(*this);
  std::shared_ptr<Model> copy(new Model(specification_.with("dtype", text('"', name(dtype), '"'))));
  copy->set_parameter_values(parameter_values());
  copy->network_->set_preprocessing_json(network_->preprocessing_json());
  copy->reference_ = reference_;
  copy->context_ranges_ = context_ranges_;
  copy->training_json_ = training_json_;
  return copy;
}

std::vector<double> Model::parameter_values() const {
  std::vector<double> values(static_cast<size_t>(table_.count()));
  read_values(parameters_.data(), dtype(), values);
  return values;
}

void Model::set_parameter_values(std::span<const double> values) {
  const auto count = static_cast<size_t>(table_.count());
  if (values.size() != count) {
    fail(Code::shape_mismatch, "the model has ", count, " parameters, not ", values.size());
  }
  check_finite(values, 1, "parameters");
  write_values(parameters_.data(), dtype(), values);
  cache_->forget_parameters();
}

void Model::fit_preprocessing(std::span<const double> x, std::span<const double> context) {
  network_->fit_preprocessing(x, context);
  keep_reference(x, context);
  cache_->clear();
}

void Model::keep_reference(std::span<const double> x, std::span<const double> context) {
  const auto head = [](std::span<const double> values, int64_t columns) {
    const size_t wanted = kReferenceRows * static_cast<size_t>(columns);
    const std::span<const double> rows = values.first(std::min(wanted, values.size()));
    return std::vector<double>(rows.begin(), rows.end());
  };
  reference_ = {head(x, features()), head(context, context_features())};
  context_ranges_.clear();
  const auto columns = static_cast<size_t>(context_features());
  for (size_t i = 0; i < context.size(); ++i) {
    if (i < columns) context_ranges_.push_back({context[i], context[i]});
    Range& range = context_ranges_[i % columns];
    range = {std::min(range.least, context[i]), std::max(range.greatest, context[i])};
  }
}

void Model::set_preprocessing_json(const std::string& json) {
  network_->set_preprocessing_json(json);
  cache_->clear();
}

Model::Hold::Hold(Model& model) : model_(model) {
  int expected = 0;
  if (!model_.users_.compare_exchange_strong(expected, -1)) {
    fail(Code::busy, expected < 0 ? "the model is being fitted or changed by another call"
                                  : "the model is in use by a sampler or another call");
  }
}

// Whatever the holder did to the parameters, what was made of them before is out of date.
Model::Hold::~Hold() {
  model_.cache_->forget_parameters();
  model_.users_ = 0;
}

void Model::enter() const {
  int seen = users_.load();
  do {
    if (seen < 0) fail(Code::busy, "the model is being fitted or changed by another call");
  } while (!users_.compare_exchange_weak(seen, seen + 1));
}

void Model::leave() const { --users_; }

Capability Model::capability_named(const std::string& wanted) const {
  const Capability capability = find_capability(architecture(), wanted);
  require_capability(capability);
  return capability;
}

void Model::require_capability(Capability capability) const {
  if (!network_->can(capability)) {
    fail(Code::unsupported, architecture().name, " has no ", name(capability));
  }
}

void Model::require_fitted() const {
  if (!fitted()) {
    fail(Code::invalid_argument,
         "the model has not been trained yet: its preprocessing is not fitted");
  }
}

void Model::check_request(const EvaluationRequest& r) const {
  require_capability(r.capability);
  require_fitted();
  const int64_t context_values = r.context.count;
  const int64_t width = context_features(r.capability);
  if (width == 0 && context_values > 0) {
    fail(Code::invalid_argument, "a context is given, but the model ",
         context_features() > 0 ? text("reads none for its ", name(r.capability)) : "has none");
  }
  if (width > 0 && context_values == 0 && r.rows > 0) {
    fail(Code::invalid_argument, "the context is missing: the model has ", width,
         " context features");
  }
  if (width > 0 && context_values != width && context_values != r.rows * width) {
    fail(Code::shape_mismatch, "a context of ", context_values, " values for ", r.rows, " rows of ",
         width, " context features");
  }
  // What lies on a device is not looked at.
  if (r.capability == Capability::inverse) {
    check_finite(r.in.host, features(), "z");
    network_->check_rows({}, r.context.host, 0);
  } else {
    network_->check_rows(r.in.host, r.context.host, 0);
  }
}

std::string Model::outside_training(std::span<const double> context) const {
  const Reader reader(*this);
  const size_t columns = context_ranges_.size();
  for (size_t i = 0; columns > 0 && i < context.size(); ++i) {
    const size_t column = i % columns;
    const Range& range = context_ranges_[column];
    if (!(context[i] < range.least || context[i] > range.greatest)) continue;
    const std::vector<std::string> names = specification_.texts("context_names");
    const std::string named = names.empty() ? "" : text(" (", names[column], ")");
    return text("context row ", i / columns, ", column ", column, named, ": ", context[i],
                " lies outside the range of the training, ", range.least, " to ", range.greatest);
  }
  return {};
}

std::unique_ptr<Crew> Model::hire(Resources resources) const {
  if (resources.threads == 0) resources.threads = available_cores();
  {
    const std::lock_guard lock(crews_mutex_);
    for (auto crew = idle_crews_.begin(); crew != idle_crews_.end(); ++crew) {
      if (!((*crew)->resources() == resources)) continue;
      std::unique_ptr<Crew> hired = std::move(*crew);
      idle_crews_.erase(crew);
      return hired;
    }
  }
  return std::make_unique<Crew>(*cache_, parameters_.data(), resources);
}

void Model::release(std::unique_ptr<Crew> crew) const {
  const std::lock_guard lock(crews_mutex_);
  if (idle_crews_.size() < kIdleCrews) idle_crews_.push_back(std::move(crew));
}

void Model::evaluate(const EvaluationRequest& request, Resources resources) const {
  const Reader reader(*this);
  check_places(request, resources);
  check_request(request);
  if (request.rows == 0) return;
  std::unique_ptr<Crew> crew = hire(resources);
  const bool finite = crew->run(request, features(), context_features(request.capability));
  release(std::move(crew));
  const bool samples = request.capability == Capability::sample;
  if (samples && !finite) refuse_events(request.out, request.first_event);
}

// Arrays that lie on a device must lie where everything is computed.
void Model::check_places(const EvaluationRequest& request, const Resources& resources) {
  bool any = false;
  const auto expect = [&](const Device* device, const char* name) {
    if (device == nullptr) return;
    any = true;
    if (device == resources.device) return;
    fail(Code::device_unavailable, name, " lies on ", device->name(),
         ", but the model computes on ",
         resources.device == nullptr ? "cpu" : resources.device->name());
  };
  expect(request.in.place.device, "x");
  expect(request.context.place.device, "the context");
  expect(request.out.place.device, "the array for results");
  expect(request.log_det.place.device, "log_det");
  if (any && resources.all.size() > 1) {
    fail(
        Code::device_unavailable,
        "arrays on a device are for one device; the model computes on all: give those of the host");
  }
  const bool both = !request.in.empty() && !request.context.empty();
  if (both && request.in.on_device() && request.context.on_device() &&
      request.in.dtype != request.context.dtype) {
    fail(Code::dtype_mismatch, "x and the context on a device are of different types");
  }
  const RowsOut& out = request.out;
  const RowsOut& log_det = request.log_det;
  if (!log_det.empty() && out.dtype != log_det.dtype && (out.on_device() || log_det.on_device())) {
    fail(Code::dtype_mismatch, "the arrays for results on a device are of different types");
  }
  if (both && request.in.on_device() != request.context.on_device()) {
    fail(Code::device_unavailable, "one of x and the context lies on a device, the other does not");
  }
}

void Model::refuse_events(const RowsOut& events, uint64_t first_event) const {
  const std::optional<NotFiniteElement> found = first_not_finite(events);
  if (!found) return;  // a row that nobody asked for, in a tile of a device
  fail(Code::numerical, "event ", first_event + static_cast<uint64_t>(found->row), ", feature ",
       found->column, " came out as ", found->value,
       ": the model's weights or preprocessing are broken");
}

namespace {

// The number of whole rows in an array of that many values.
int64_t rows_in(int64_t count, int64_t columns, const char* what) {
  if (count % columns != 0) {
    fail(Code::shape_mismatch, what, " of ", count, " values is not made of rows of ", columns);
  }
  return count / columns;
}

// Room for so many rows.
RowsOut room_for(int64_t rows, int64_t columns, const RowsOut& out, const char* what) {
  const RowsOut room = out.reshaped(columns, what);
  if (room.rows != rows) {
    fail(Code::shape_mismatch, what, " has room for ", room.rows * columns, " values, not for ",
         rows, " rows of ", columns);
  }
  return room;
}

}  // namespace

void Model::judge(Capability capability, const RowsIn& x, const RowsIn& context, RowsOut out,
                  Resources resources) const {
  EvaluationRequest request{.capability = capability,
                            .rows = rows_in(x.count, features(), "x"),
                            .in = x,
                            .context = context};
  request.out = room_for(request.rows, 1, out, name(capability));
  evaluate(request, resources);
}

void Model::log_prob(const RowsIn& x, const RowsIn& context, RowsOut out,
                     Resources resources) const {
  judge(Capability::log_prob, x, context, out, resources);
}

void Model::score(const RowsIn& x, const RowsIn& context, RowsOut out, Resources resources) const {
  judge(Capability::score, x, context, out, resources);
}

void Model::transform(const RowsIn& x, const RowsIn& context, RowsOut z, RowsOut log_det,
                      Resources resources) const {
  EvaluationRequest request{.capability = Capability::transform,
                            .rows = rows_in(x.count, features(), "x"),
                            .in = x,
                            .context = context};
  request.out = room_for(request.rows, features(), z, "z");
  if (!log_det.empty()) request.log_det = room_for(request.rows, 1, log_det, "log_det");
  evaluate(request, resources);
}

void Model::inverse(const RowsIn& z, const RowsIn& context, RowsOut x, RowsOut log_det,
                    Resources resources) const {
  EvaluationRequest request{.capability = Capability::inverse,
                            .rows = rows_in(z.count, features(), "z"),
                            .in = z,
                            .context = context};
  request.out = room_for(request.rows, features(), x, "x");
  if (!log_det.empty()) request.log_det = room_for(request.rows, 1, log_det, "log_det");
  evaluate(request, resources);
}

void Model::sample(uint64_t seed, uint64_t first_event, const RowsIn& context, RowsOut out,
                   Resources resources) const {
  const RowsOut x = out.reshaped(features(), "x");
  evaluate({.capability = Capability::sample,
            .rows = x.rows,
            .context = context,
            .seed = seed,
            .first_event = first_event,
            .out = x},
           resources);
}

Capability Model::reference_capability() const {
  return network_->can(Capability::log_prob) ? Capability::log_prob : Capability::score;
}

std::vector<double> Model::reference_answers() const {
  const Capability capability = reference_capability();
  const bool conditional = context_features(capability) > 0;
  std::vector<double> out(reference_.x.size() / static_cast<size_t>(features()));
  judge(capability, reference_.x, conditional ? reference_.context : std::vector<double>(), out,
        {});
  return out;
}

}  // namespace castalia
