// Simulators without derivatives.
#include <limits>
#include <string>
#include <vector>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"

namespace castalia::capi {
namespace {

// A function of the host's, called where the host has called the library.
Simulator simulator_of(castalia_simulator_callback callback, void* user, int64_t outputs) {
  if (callback == nullptr) fail(Code::invalid_argument, "callback is NULL");
  return [=](const SimulatorRequest& r) {
    const int64_t inputs = std::ssize(r.inputs) / r.rows;
    int answer = 0;
    try {
      answer = callback(std::ssize(r.parameters), r.parameters.data(), r.rows, inputs,
                        inputs > 0 ? r.inputs.data() : nullptr, r.first_row, outputs, r.out.data(),
                        user);
    } catch (const std::exception& error) {
      fail(Code::callback_failed, "the simulator's callback threw: ", error.what());
    } catch (...) {
      fail(Code::callback_failed, "the simulator's callback threw");
    }
    if (answer != 0) fail(Code::callback_failed, "the simulator's callback returned ", answer);
  };
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_surrogate_fields(const char** json) {
  return call([&] { required(json, "json") = lend(surrogate_fields_json()); });
}

CASTALIA_API castalia_status castalia_surrogate_create(
    castalia_model* model_handle, castalia_config* training, castalia_config* options,
    const castalia_array* start, castalia_dataset* inputs, castalia_target* objective,
    castalia_simulator_callback callback, void* user, castalia_surrogate** out) {
  return call_making(out, [&] {
    const auto model = from_handle<ModelObject>(model_handle);
    expect_shape(start, "start", {-1}, "(parameters)");
    const std::span<const double> values = Input(start, 0).values();
    require_finite(values, 1, "start");
    LocalSurrogate::Setting setting = {
        .model = model->model,
        .training = TrainingOptions(config_json(training)),
        .start = std::vector<double>(values.begin(), values.end()),
        .inputs = inputs == nullptr ? nullptr : from_handle<DatasetObject>(inputs)->data,
        .objective = objective == nullptr ? nullptr : from_handle<TargetObject>(objective)->target,
        .simulator = simulator_of(callback, user, model->model->features()),
        .resources = model->context->for_training()};
    return to_handle(std::make_shared<SurrogateObject>(std::move(setting), config_json(options)));
  });
}
CASTALIA_API castalia_status castalia_surrogate_retain(castalia_surrogate* surrogate) {
  return call([&] { handle_retain(Kind::surrogate, reinterpret_cast<uintptr_t>(surrogate)); });
}
CASTALIA_API castalia_status castalia_surrogate_destroy(castalia_surrogate* surrogate) {
  return call([&] { handle_destroy(Kind::surrogate, reinterpret_cast<uintptr_t>(surrogate)); });
}

CASTALIA_API castalia_status castalia_surrogate_advance(castalia_surrogate* surrogate,
                                                        int64_t steps) {
  return call([&] {
    const auto object = from_handle<SurrogateObject>(surrogate);
    const Exclusive exclusive(object->busy, Kind::surrogate);
    if (steps < 0) fail(Code::out_of_range, "steps is ", steps, "; allowed: 0 or more");
    object->surrogate.advance(steps);
  });
}

CASTALIA_API castalia_status castalia_surrogate_status(castalia_surrogate* handle, int64_t* step,
                                                       int64_t* simulated,
                                                       const castalia_array* parameters,
                                                       const castalia_array* best,
                                                       double* objective, double* error) {
  return call([&] {
    const auto object = from_handle<SurrogateObject>(handle);
    const Exclusive exclusive(object->busy, Kind::surrogate);
    const LocalSurrogate& surrogate = object->surrogate;
    const auto count = std::ssize(surrogate.parameters());
    if (parameters != nullptr) expect_shape(parameters, "parameters", {count}, "(parameters)");
    if (best != nullptr) expect_shape(best, "best", {count}, "(parameters)");
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    const LocalSurrogate::Point none{std::vector<double>(static_cast<size_t>(count), kNaN), kNaN,
                                     kNaN};
    const LocalSurrogate::Point& least = surrogate.best() != nullptr ? *surrogate.best() : none;
    if (parameters != nullptr) store(surrogate.parameters(), parameters);
    if (best != nullptr) store(least.parameters, best);
    if (step != nullptr) *step = surrogate.step();
    if (simulated != nullptr) *simulated = surrogate.simulated();
    if (objective != nullptr) *objective = least.objective;
    if (error != nullptr) *error = least.error;
  });
}

CASTALIA_API castalia_status castalia_surrogate_describe(castalia_surrogate* surrogate,
                                                         const char** json) {
  return call([&] {
    const auto object = from_handle<SurrogateObject>(surrogate);
    const Exclusive exclusive(object->busy, Kind::surrogate);
    required(json, "json") = lend(object->surrogate.describe());
  });
}

}  // extern "C"

}  // namespace castalia::capi
