// Target densities.
#include <algorithm>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"

namespace castalia::capi {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A function of the host's, called where the host has called the library.
class CallbackTarget final : public Target {
 public:
  CallbackTarget(int64_t features, bool has_gradient, castalia_target_callback callback, void* user)
      : features_(features), has_gradient_(has_gradient), callback_(callback), user_(user) {}

  int64_t features() const override { return features_; }
  bool has_gradient() const override { return has_gradient_; }
  std::string identity() const override { return "callback"; }

  void evaluate(const TargetRequest& r) override {
    // What it leaves unwritten is found.
    std::fill(r.log_density.begin(), r.log_density.end(), kNaN);
    std::fill(r.gradient.begin(), r.gradient.end(), kNaN);
    const int64_t context_features = std::ssize(r.context) / r.rows;
    int answer = 0;
    try {
      answer = callback_(r.rows, features_, r.x.data(), context_features,
                         context_features > 0 ? r.context.data() : nullptr, r.log_density.data(),
                         r.gradient.empty() ? nullptr : r.gradient.data(), user_);
    } catch (const std::exception& error) {
      fail(Code::callback_failed, "the target's callback threw: ", error.what());
    } catch (...) {
      fail(Code::callback_failed, "the target's callback threw");
    }
    if (answer != 0) fail(Code::callback_failed, "the target's callback returned ", answer);
  }

 private:
  int64_t features_;
  bool has_gradient_;
  castalia_target_callback callback_;
  void* user_;
};

castalia_target* made(std::shared_ptr<Target> target, const std::string& name,
                      const std::string& settings) {
  nlohmann::ordered_json description = {{"name", name},
                                        {"features", target->features()},
                                        {"gradient", target->has_gradient()},
                                        {"log_integral", nullptr},
                                        {"settings", nlohmann::json::object()}};
  if (const auto known = target->log_integral()) description["log_integral"] = *known;
  if (!settings.empty()) description["settings"] = nlohmann::json::parse(settings);
  auto object = std::make_shared<TargetObject>();
  object->target = std::move(target);
  object->description = description.dump();
  return to_handle(std::move(object));
}

// A copy of an input, dense: the callback may itself call the library, whose buffers of this thread
// it then uses. Null: none.
std::vector<double> copied(const castalia_array* array, const char* name) {
  if (array == nullptr) return {};
  const std::span<const double> values = Input(array, 0).values();
  require_finite(values, std::max<int64_t>(array->shape[1], 1), name);
  return {values.begin(), values.end()};
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_targets(const char** json) {
  return call([&] { required(json, "json") = lend(targets_json()); });
}

CASTALIA_API castalia_status castalia_target_create(castalia_context* context, const char* name,
                                                    castalia_config* config,
                                                    castalia_target** out) {
  return call_making(out, [&] {
    context_of(context);
    const std::string settings = config_json(config);
    return made(make_target(&required(name, "name"), settings), name, settings);
  });
}

CASTALIA_API castalia_status castalia_target_create_callback(castalia_context* context,
                                                             int64_t features, int32_t has_gradient,
                                                             castalia_target_callback callback,
                                                             void* user, castalia_target** out) {
  return call_making(out, [&] {
    context_of(context);
    if (features < 1 || features > 65536) {
      fail(Code::out_of_range, "features is ", features, "; allowed: 1 to 65536");
    }
    if (callback == nullptr) fail(Code::invalid_argument, "callback is NULL");
    return made(std::make_shared<CallbackTarget>(features, has_gradient != 0, callback, user),
                "callback", "");
  });
}

CASTALIA_API castalia_status castalia_target_retain(castalia_target* target) {
  return call([&] { handle_retain(Kind::target, reinterpret_cast<uintptr_t>(target)); });
}
CASTALIA_API castalia_status castalia_target_destroy(castalia_target* target) {
  return call([&] { handle_destroy(Kind::target, reinterpret_cast<uintptr_t>(target)); });
}

CASTALIA_API castalia_status castalia_target_describe(castalia_target* target, const char** json) {
  return call(
      [&] { required(json, "json") = lend(from_handle<TargetObject>(target)->description); });
}

CASTALIA_API castalia_status castalia_target_log_density(castalia_target* handle,
                                                         const castalia_array* x,
                                                         const castalia_array* condition,
                                                         const castalia_array* log_density,
                                                         const castalia_array* gradient) {
  return call([&] {
    const auto object = from_handle<TargetObject>(handle);
    Target& target = *object->target;
    const Shape shape = expect_shape(x, "x", {-1, target.features()}, "(points, features)");
    if (condition != nullptr) {
      expect_shape(condition, "context", {shape[0], -1}, "(points, context features)");
    }
    expect_shape(log_density, "log_density", {shape[0]}, "(points)");
    if (gradient != nullptr) {
      expect_shape(gradient, "gradient", {shape[0], target.features()}, "(points, features)");
    }
    const std::vector<double> points = copied(x, "x");
    const std::vector<double> context = copied(condition, "context");
    std::vector<double> answers(static_cast<size_t>(shape[0]));
    std::vector<double> slopes(gradient == nullptr ? 0 : points.size());
    evaluate_target(target, {.rows = shape[0],
                             .x = points,
                             .context = context,
                             .log_density = answers,
                             .gradient = slopes});
    store(answers, log_density);
    if (gradient != nullptr) store(slopes, gradient);
  });
}

CASTALIA_API castalia_status
castalia_model_weigh(castalia_model* model_handle, castalia_target* target_handle, uint64_t seed,
                     int64_t first_event, const castalia_array* condition, const castalia_array* x,
                     const castalia_array* log_weights, double* log_z, double* log_z_error,
                     double* effective_sample_size, double* acceptance) {
  return call([&] {
    const auto object = from_handle<ModelObject>(model_handle);
    const auto target = from_handle<TargetObject>(target_handle);
    const Model& model = *object->model;
    const Shape shape = expect_shape(x, "x", {-1, model.features()}, "(events, features)");
    expect_shape(log_weights, "log_weights", {shape[0]}, "(events)");
    if (first_event < 0) {
      fail(Code::out_of_range, "first_event is ", first_event, "; allowed: 0 or more");
    }
    if (condition != nullptr) {
      expect_shape(condition, "context", {shape[0], model.context_features()},
                   "(events, context features)");
    }
    const std::vector<double> context = copied(condition, "context");
    std::vector<double> events(static_cast<size_t>(shape.count()));
    std::vector<double> weights(static_cast<size_t>(shape[0]));
    object->warn_outside_training(context);
    const ImportanceSums sums =
        weigh(model, *target->target, seed, static_cast<uint64_t>(first_event), context, events,
              weights, object->context->for_sampling());
    store(events, x);
    store(weights, log_weights);
    if (log_z != nullptr) *log_z = sums.log_z();
    if (log_z_error != nullptr) *log_z_error = sums.log_z_error();
    if (effective_sample_size != nullptr) *effective_sample_size = sums.effective_sample_size();
    if (acceptance != nullptr) *acceptance = sums.acceptance();
  });
}

}  // extern "C"

}  // namespace castalia::capi
