// Models and samplers.
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/base/atomic_file.h"

namespace castalia::capi {

void ModelObject::warn_outside_training(std::span<const double> condition) const {
  if (!context->has_log()) return;
  const std::string warning = model->outside_training(condition);
  if (!warning.empty()) context->log(Context::kWarning, warning);
}

namespace {

constexpr char kRows[] = "(events, features)";
constexpr char kContextRows[] = "(events, context features)";

castalia_model* made(std::shared_ptr<Context> context, std::shared_ptr<Model> model) {
  auto object = std::make_shared<ModelObject>();
  object->context = std::move(context);
  object->model = std::move(model);
  return to_handle(std::move(object));
}

// Arrays on the device of a model's context are taken, too.
Devices devices_of(const ModelObject& object) { return {true, object.context->device()}; }

// What is on the host must be finite.
RowsIn finite_rows(const castalia_array* array, int slot, Devices devices, int64_t columns,
                   const char* name) {
  RowsIn rows = rows_in(array, slot, devices);
  require_finite(rows.host, columns, name);
  return rows;
}

// The context of an evaluation that the model is capable of; none where it reads none.
RowsIn context_rows(const ModelObject& object, Capability capability,
                    const castalia_array* condition, int64_t rows, int slot) {
  const Model& model = *object.model;
  model.require_capability(capability);
  const int64_t columns = model.context_features(capability);
  if (columns == 0) {
    if (condition != nullptr) {
      fail(Code::invalid_argument, "context is given, but the model ",
           model.context_features() > 0 ? text("reads none for its ", name(capability))
                                        : "has no context features");
    }
    return {};
  }
  if (condition == nullptr) {
    fail(Code::invalid_argument, "context is missing: the model has ", columns,
         " context features");
  }
  expect_shape(condition, "context", {rows, columns}, kContextRows, devices_of(object));
  return finite_rows(condition, slot, devices_of(object), columns, "context");
}

// As castalia_dataset_describe gives it.
std::string latent_description(const Model& model) {
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < model.features(); ++i) {
    columns.push_back({{"name", text("latent_", i)},
                       {"units", ""},
                       {"meaning", "latent coordinate of the model " + model.architecture().name}});
  }
  return nlohmann::ordered_json{{"columns", columns}, {"details", nlohmann::ordered_json::array()}}
      .dump();
}

using Judgement = void (Model::*)(const RowsIn&, const RowsIn&, RowsOut, Resources) const;

// One number a row.
castalia_status judge(castalia_model* handle, Capability capability, Judgement judgement,
                      const castalia_array* x, const castalia_array* condition,
                      const castalia_array* answers) {
  return call([&] {
    const auto object = from_handle<ModelObject>(handle);
    const Model& model = *object->model;
    const Devices devices = devices_of(*object);
    const Shape shape = expect_shape(x, "x", {-1, model.features()}, kRows, devices);
    expect_shape(answers, name(capability), {shape[0]}, "(events)", devices);
    const RowsIn in = finite_rows(x, 0, devices, model.features(), "x");
    const RowsIn context = context_rows(*object, capability, condition, shape[0], 1);
    (model.*judgement)(in, context, rows_out(answers, devices), object->context->for_sampling());
  });
}

using Mapping = void (Model::*)(const RowsIn&, const RowsIn&, RowsOut, RowsOut, Resources) const;

castalia_status map(castalia_model* handle, Capability capability, Mapping mapping,
                    const char* from_name, const castalia_array* from,
                    const castalia_array* condition, const char* to_name, const castalia_array* to,
                    const castalia_array* log_det) {
  return call([&] {
    const auto object = from_handle<ModelObject>(handle);
    const Model& model = *object->model;
    const Devices devices = devices_of(*object);
    const Shape shape = expect_shape(from, from_name, {-1, model.features()}, kRows, devices);
    expect_shape(to, to_name, {shape[0], model.features()}, kRows, devices);
    if (log_det != nullptr) expect_shape(log_det, "log_det", {shape[0]}, "(events)", devices);
    const RowsIn in = finite_rows(from, 0, devices, model.features(), from_name);
    const RowsIn context = context_rows(*object, capability, condition, shape[0], 1);
    (model.*mapping)(in, context, rows_out(to, devices),
                     log_det == nullptr ? RowsOut() : rows_out(log_det, devices),
                     object->context->for_sampling());
  });
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_model_create(castalia_context* context,
                                                   const char* architecture,
                                                   castalia_config* config, castalia_model** out) {
  return call_making(out, [&] {
    auto settings = context_of(context);
    const std::string fields = config_json(config);
    return made(std::move(settings),
                Model::create(&required(architecture, "architecture"), fields));
  });
}
CASTALIA_API castalia_status castalia_model_retain(castalia_model* model) {
  return call([&] { handle_retain(Kind::model, reinterpret_cast<uintptr_t>(model)); });
}
CASTALIA_API castalia_status castalia_model_destroy(castalia_model* model) {
  return call([&] { handle_destroy(Kind::model, reinterpret_cast<uintptr_t>(model)); });
}

CASTALIA_API castalia_status castalia_model_sample(castalia_model* handle, uint64_t seed,
                                                   int64_t first_event,
                                                   const castalia_array* condition,
                                                   const castalia_array* x) {
  return call([&] {
    const auto object = from_handle<ModelObject>(handle);
    const Model& model = *object->model;
    const Devices devices = devices_of(*object);
    const Shape shape = expect_shape(x, "x", {-1, model.features()}, kRows, devices);
    if (first_event < 0)
      fail(Code::out_of_range, "first_event is ", first_event, "; allowed: 0 or more");
    const RowsIn context = context_rows(*object, Capability::sample, condition, shape[0], 1);
    object->warn_outside_training(context.host);
    model.sample(seed, static_cast<uint64_t>(first_event), context, rows_out(x, devices),
                 object->context->for_sampling());
  });
}

CASTALIA_API castalia_status castalia_model_log_prob(castalia_model* model, const castalia_array* x,
                                                     const castalia_array* condition,
                                                     const castalia_array* log_prob) {
  return judge(model, Capability::log_prob, &Model::log_prob, x, condition, log_prob);
}

CASTALIA_API castalia_status castalia_model_score(castalia_model* model, const castalia_array* x,
                                                  const castalia_array* condition,
                                                  const castalia_array* score) {
  return judge(model, Capability::score, &Model::score, x, condition, score);
}

CASTALIA_API castalia_status castalia_model_transform(castalia_model* model,
                                                      const castalia_array* x,
                                                      const castalia_array* condition,
                                                      const castalia_array* z,
                                                      const castalia_array* log_det) {
  return map(model, Capability::transform, &Model::transform, "x", x, condition, "z", z, log_det);
}
CASTALIA_API castalia_status castalia_model_inverse(castalia_model* model, const castalia_array* z,
                                                    const castalia_array* condition,
                                                    const castalia_array* x,
                                                    const castalia_array* log_det) {
  return map(model, Capability::inverse, &Model::inverse, "z", z, condition, "x", x, log_det);
}

CASTALIA_API castalia_status castalia_model_encode(castalia_model* handle,
                                                   castalia_dataset* dataset,
                                                   castalia_dataset** out) {
  return call_making(out, [&] {
    const auto object = from_handle<ModelObject>(handle);
    const Model& model = *object->model;
    const std::shared_ptr<const Dataset> events = from_handle<DatasetObject>(dataset)->data;
    const auto expect_columns = [](const char* what, int64_t found, int64_t expected) {
      if (found == expected) return;
      fail(Code::shape_mismatch, "the data set has ", found, " ", what, ", the model ", expected);
    };
    expect_columns("features", events->features, model.features());
    const bool conditional = model.context_features(Capability::transform) > 0;
    if (conditional) {
      expect_columns("context features", events->context_features, model.context_features());
    }
    Dataset latent;
    latent.rows = events->rows;
    latent.features = events->features;
    latent.x.resize(events->x.size());
    model.transform(events->x, conditional ? events->context : std::span<const double>(), latent.x,
                    {}, object->context->for_sampling());
    latent.context_features = events->context_features;
    latent.context = events->context;
    latent.weights = events->weights;
    auto made = std::make_shared<DatasetObject>();
    made->description = latent_description(model);
    made->data = std::make_shared<const Dataset>(std::move(latent));
    return to_handle(std::move(made));
  });
}

CASTALIA_API castalia_status castalia_model_save(castalia_model* model, const char* path) {
  return call([&] { from_handle<ModelObject>(model)->model->save(&required(path, "path")); });
}

CASTALIA_API castalia_status castalia_model_load(castalia_context* context, const char* path,
                                                 castalia_config* options, castalia_model** out) {
  return call_making(out, [&] {
    static const Field fields[] = {
        {.name = "verify",
         .type = FieldType::boolean,
         .default_value = "true",
         .meaning = "compute the golden output and compare"},
        {.name = "products",
         .type = FieldType::text,
         .default_value = R"("float32")",
         .meaning = "how float32 products read their operands",
         .choices = {"float32", "bfloat16", "bfloat16_emulated", "tf32"}}};
    auto settings = context_of(context);
    const FieldValues values("load", fields, config_json(options));
    const std::string products = values.text("products");
    auto model = Model::load(&required(path, "path"), values.boolean("verify"));
    model->set_products(products == "bfloat16"            ? Products::bfloat16
                        : products == "bfloat16_emulated" ? Products::bfloat16_emulated
                        : products == "tf32"              ? Products::tf32
                                                          : Products::float32,
                        settings->device());
    return made(std::move(settings), std::move(model));
  });
}

CASTALIA_API castalia_status castalia_model_convert(castalia_model* model, castalia_dtype dtype,
                                                    castalia_model** out) {
  return call_making(out, [&] {
    const auto object = from_handle<ModelObject>(model);
    if (dtype != CASTALIA_FLOAT32 && dtype != CASTALIA_FLOAT64) {
      fail(Code::dtype_mismatch, "a model computes in float32 or float64");
    }
    return made(object->context, object->model->converted(static_cast<DType>(dtype)));
  });
}

CASTALIA_API castalia_status castalia_model_shape(castalia_model* model, int64_t* features,
                                                  int64_t* context_features, int64_t* parameters) {
  return call([&] {
    const auto object = from_handle<ModelObject>(model);
    if (features != nullptr) *features = object->model->features();
    if (context_features != nullptr) *context_features = object->model->context_features();
    if (parameters != nullptr) *parameters = object->model->parameter_table().count();
  });
}

CASTALIA_API castalia_status castalia_model_describe(castalia_model* model, const char** json) {
  return call(
      [&] { required(json, "json") = lend(from_handle<ModelObject>(model)->model->describe()); });
}

CASTALIA_API castalia_status castalia_model_plan(castalia_model* model, const char* computes,
                                                 int64_t rows, const char** json) {
  return call([&] {
    required(json, "json") =
        lend(from_handle<ModelObject>(model)->model->plan(&required(computes, "computes"), rows));
  });
}

CASTALIA_API castalia_status castalia_model_export(castalia_model* model, const char* computes,
                                                   const char* path) {
  return call([&] {
    const auto object = from_handle<ModelObject>(model);
    const std::string to = &required(path, "path");
    if (!to.ends_with(".onnx")) {
      fail(Code::invalid_argument, "'", to, "' does not end in .onnx, the one format there is");
    }
    write_file(to, object->model->onnx(&required(computes, "computes")));
  });
}

CASTALIA_API castalia_status castalia_model_get_parameters(castalia_model* model,
                                                           const castalia_array* values) {
  return call([&] {
    const auto object = from_handle<ModelObject>(model);
    expect_shape(values, "values", {object->model->parameter_table().count()}, "(parameters)");
    const Output out(values, 2);
    const std::vector<double> all = object->model->parameter_values();
    std::copy(all.begin(), all.end(), out.values().begin());
    out.store();
  });
}

CASTALIA_API castalia_status castalia_model_set_parameters(castalia_model* model,
                                                           const castalia_array* values) {
  return call([&] {
    const auto object = from_handle<ModelObject>(model);
    expect_shape(values, "values", {object->model->parameter_table().count()}, "(parameters)");
    const Input in(values, 0);
    require_finite(in.values(), 1, "values");
    const Model::Hold hold(*object->model);
    object->model->set_parameter_values(in.values());
  });
}

CASTALIA_API castalia_status castalia_sampler_create(castalia_model* model, uint64_t seed,
                                                     castalia_sampler** out) {
  return call_making(out, [&] {
    return to_handle(std::make_shared<SamplerObject>(from_handle<ModelObject>(model), seed));
  });
}
CASTALIA_API castalia_status castalia_sampler_retain(castalia_sampler* sampler) {
  return call([&] { handle_retain(Kind::sampler, reinterpret_cast<uintptr_t>(sampler)); });
}
CASTALIA_API castalia_status castalia_sampler_destroy(castalia_sampler* sampler) {
  return call([&] { handle_destroy(Kind::sampler, reinterpret_cast<uintptr_t>(sampler)); });
}

CASTALIA_API castalia_status castalia_sampler_next(castalia_sampler* handle,
                                                   const castalia_array* condition,
                                                   const castalia_array* x) {
  return call([&] {
    const auto object = from_handle<SamplerObject>(handle);
    const Exclusive exclusive(object->busy, Kind::sampler);
    const Model& model = object->sampler.model();
    const Devices devices = devices_of(*object->model);
    const Shape shape = expect_shape(x, "x", {-1, model.features()}, kRows, devices);
    const RowsIn context = context_rows(*object->model, Capability::sample, condition, shape[0], 1);
    object->model->warn_outside_training(context.host);
    object->sampler.next(rows_out(x, devices), context);
  });
}

CASTALIA_API castalia_status castalia_sampler_seek(castalia_sampler* handle, int64_t event) {
  return call([&] {
    const auto object = from_handle<SamplerObject>(handle);
    const Exclusive exclusive(object->busy, Kind::sampler);
    if (event < 0) fail(Code::out_of_range, "event is ", event, "; allowed: 0 or more");
    object->sampler.seek(static_cast<uint64_t>(event));
  });
}

CASTALIA_API castalia_status castalia_sampler_tell(castalia_sampler* handle, int64_t* event) {
  return call([&] {
    const auto object = from_handle<SamplerObject>(handle);
    const Exclusive exclusive(object->busy, Kind::sampler);
    required(event, "event") = static_cast<int64_t>(object->sampler.position());
  });
}

}  // extern "C"

}  // namespace castalia::capi
