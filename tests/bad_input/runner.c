/* Does what the lines of a file say and prints what came of each; runner.py says more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castalia.h"

enum { MAX_PAIRS = 8, MAX_LINE = 1024, MAX_ROWS = 256, MAX_COLUMNS = 8 };

static const char kSmall[] =
    "{\"features\": 2, \"layers\": 2, \"hidden\": 16, \"hidden_layers\": 1, \"bins\": 4}";

/* One line. Objects that an operation makes are kept here and destroyed when its outcome is
 * printed. */
typedef struct work {
  const char* keys[MAX_PAIRS];
  const char* values[MAX_PAIRS];
  int pairs;
  castalia_context* context;
  castalia_config *fields, *training;
  castalia_dataset *dataset, *reference, *made;
  castalia_model* model;
  castalia_sampler* sampler;
  castalia_trainer *trainer, *second;
  castalia_event_writer* writer;
  castalia_target* target;
  double x[MAX_ROWS * MAX_COLUMNS], condition[MAX_ROWS * MAX_COLUMNS], weights[MAX_ROWS];
} work;

static const char* get(const work* w, const char* key, const char* otherwise) {
  for (int i = 0; i < w->pairs; ++i) {
    if (strcmp(w->keys[i], key) == 0) return w->values[i];
  }
  return otherwise;
}

static int integer(const work* w, const char* key, int otherwise) {
  const char* text = get(w, key, NULL);
  return text ? atoi(text) : otherwise;
}

/* Leaves the function with the status of a call that failed. */
#define TRY(call)                               \
  do {                                          \
    const castalia_status status_ = (call);     \
    if (status_ != CASTALIA_OK) return status_; \
  } while (0)

static castalia_status view(double* data, int rows, int columns, castalia_array* array) {
  const int64_t shape[2] = {rows, columns};
  return castalia_array_dense(data, CASTALIA_FLOAT64, 2, shape, array);
}

/* Numbers that differ, one of them as the case wants it. */
static castalia_status make_x(work* w, int rows, castalia_array* array) {
  const int columns = integer(w, "columns", 2);
  TRY(view(w->x, rows, columns, array));
  if (rows > 0 && columns > 0) TRY(castalia_normal(1, 0, 0, array));
  if (get(w, "constant", NULL)) {
    for (int i = 0; i < rows * columns; ++i) w->x[i] = strtod(get(w, "constant", "0"), NULL);
  }
  if (get(w, "row", NULL)) {
    w->x[integer(w, "row", 0) * columns + integer(w, "column", 0)] =
        strtod(get(w, "value", "0"), NULL);
  }
  return CASTALIA_OK;
}

/* *given is NULL where the case has no context. */
static castalia_status make_condition(work* w, castalia_array* array,
                                      const castalia_array** given) {
  *given = NULL;
  if (!get(w, "context_rows", NULL)) return CASTALIA_OK;
  const int columns = integer(w, "context_columns", 1);
  TRY(view(w->condition, integer(w, "context_rows", 1), columns, array));
  TRY(castalia_normal(2, 0, 0, array));
  if (get(w, "value", NULL)) w->condition[2 * columns] = strtod(get(w, "value", "0"), NULL);
  *given = array;
  return CASTALIA_OK;
}

static castalia_status config(const char* json, castalia_config** out) {
  TRY(castalia_config_create(out));
  return castalia_config_set_json(*out, json);
}

static castalia_status dataset(work* w) {
  castalia_array x, condition, weights;
  const castalia_array *given_condition, *given_weights = NULL;
  const int rows = integer(w, "rows", 200);
  TRY(make_x(w, rows, &x));
  TRY(make_condition(w, &condition, &given_condition));
  if (get(w, "weight", NULL) || get(w, "weights", NULL)) {
    const int64_t shape[1] = {rows};
    for (int i = 0; i < rows; ++i) w->weights[i] = strtod(get(w, "weights", "1"), NULL);
    if (get(w, "weight", NULL)) w->weights[3] = strtod(get(w, "weight", "1"), NULL);
    TRY(castalia_array_dense(w->weights, CASTALIA_FLOAT64, 1, shape, &weights));
    given_weights = &weights;
  }
  return castalia_dataset_create(NULL, &x, given_condition, given_weights, &w->dataset);
}

static castalia_status training(work* w) {
  TRY(config("{\"steps\": 5, \"batch\": 64}", &w->training));
  return castalia_config_set_json(w->training, get(w, "training", "{}"));
}

static castalia_status load(work* w) {
  char path[MAX_LINE];
  snprintf(path, sizeof path, "%s.safetensors", get(w, "model", "flow"));
  return castalia_model_load(NULL, path, NULL, &w->model);
}

static castalia_status small(work* w) {
  TRY(config(kSmall, &w->fields));
  return castalia_model_create(NULL, "coupling_flow", w->fields, &w->model);
}

static castalia_status create(work* w) {
  TRY(config(get(w, "json", "{}"), &w->fields));
  return castalia_model_create(NULL, get(w, "architecture", ""), w->fields, &w->model);
}

static castalia_status threads(work* w) {
  TRY(castalia_context_create(&w->context));
  return castalia_context_set_threads(w->context, integer(w, "threads", 1), 0);
}

static castalia_status device(work* w) {
  TRY(castalia_context_create(&w->context));
  return castalia_context_set_device(w->context, get(w, "device", "cpu"));
}

static castalia_status dataset_open(work* w) {
  return castalia_dataset_open(NULL, get(w, "path", ""), get(w, "x", ""), NULL, NULL, &w->dataset);
}

static castalia_status rank(work* w) {
  castalia_array x;
  const int64_t shape[1] = {4};
  TRY(castalia_array_dense(w->x, CASTALIA_FLOAT64, 1, shape, &x));
  return castalia_dataset_create(NULL, &x, NULL, NULL, &w->dataset);
}

static castalia_status dtype(work* w) {
  castalia_array x;
  const int64_t shape[2] = {4, 2};
  TRY(castalia_array_dense(w->x, CASTALIA_INT32, 2, shape, &x));
  return castalia_dataset_create(NULL, &x, NULL, NULL, &w->dataset);
}

static castalia_status null(work* w) {
  return castalia_dataset_create(NULL, NULL, NULL, NULL, &w->dataset);
}

static castalia_status fit(work* w) {
  TRY(small(w));
  TRY(dataset(w));
  TRY(training(w));
  return castalia_model_fit(w->model, w->dataset, w->training, NULL, NULL);
}

static castalia_status fit_in_use(work* w) {
  TRY(load(w));
  TRY(dataset(w));
  TRY(training(w));
  TRY(castalia_sampler_create(w->model, 1, &w->sampler));
  return castalia_model_fit(w->model, w->dataset, w->training, NULL, NULL);
}

static castalia_status two_trainers(work* w) {
  TRY(load(w));
  TRY(dataset(w));
  TRY(training(w));
  TRY(castalia_trainer_create(w->model, w->dataset, w->training, &w->trainer));
  return castalia_trainer_create(w->model, w->dataset, w->training, &w->second);
}

static int fail(int64_t step, int64_t steps, double loss, double validation_loss, void* user) {
  (void)loss, (void)validation_loss, (void)user;
  return step <= steps;
}

static castalia_status fit_callback(work* w) {
  TRY(load(w));
  TRY(dataset(w));
  TRY(training(w));
  return castalia_model_fit(w->model, w->dataset, w->training, fail, NULL);
}

static int density(int64_t rows, int64_t features, const double* x, int64_t context_features,
                   const double* condition, double* log_density, double* gradient, void* user) {
  const char* mode = user;
  (void)context_features, (void)condition, (void)gradient;
  if (strcmp(mode, "fail") == 0) return 7;
  for (int64_t row = 0; row < rows; ++row) {
    log_density[row] = 0;
    for (int64_t i = 0; i < features; ++i) {
      log_density[row] -= 0.5 * x[row * features + i] * x[row * features + i];
    }
  }
  if (strcmp(mode, "nan") == 0) log_density[3] = NAN;
  if (strcmp(mode, "zero") == 0) log_density[3] = -INFINITY;
  return 0;
}

static castalia_status fit_target(work* w) {
  TRY(small(w));
  TRY(config("{\"steps\": 5, \"batch\": 64, \"objective\": \"reverse_kl\"}", &w->training));
  TRY(castalia_config_set_json(w->training, get(w, "training", "{}")));
  TRY(castalia_target_create_callback(NULL, 2, 0, density, (void*)get(w, "mode", ""), &w->target));
  return castalia_model_fit_target(w->model, w->target, NULL, w->training, NULL, NULL);
}

static castalia_status target(work* w) {
  return castalia_target_create(NULL, get(w, "target", ""), NULL, &w->target);
}

static castalia_status sample(work* w) {
  castalia_array x, condition;
  const castalia_array* given;
  TRY(load(w));
  TRY(view(w->x, 4, integer(w, "columns", 2), &x));
  TRY(make_condition(w, &condition, &given));
  return castalia_model_sample(w->model, 1, integer(w, "first_event", 0), given, &x);
}

static castalia_status sample_untrained(work* w) {
  castalia_array x;
  TRY(small(w));
  TRY(view(w->x, 1, 2, &x));
  return castalia_model_sample(w->model, 1, 0, NULL, &x);
}

static castalia_status seek(work* w) {
  TRY(load(w));
  TRY(castalia_sampler_create(w->model, 1, &w->sampler));
  return castalia_sampler_seek(w->sampler, integer(w, "event", 0));
}

static castalia_status log_prob(work* w) {
  castalia_array x, densities;
  const int64_t shape[1] = {4};
  TRY(load(w));
  TRY(make_x(w, 4, &x));
  TRY(castalia_array_dense(w->weights, CASTALIA_FLOAT64, 1, shape, &densities));
  return castalia_model_log_prob(w->model, &x, NULL, &densities);
}

static castalia_status uniform(work* w) {
  castalia_array x;
  TRY(view(w->x, 1, 1, &x));
  return castalia_uniform(1, 0, integer(w, "stage", 0), &x);
}

static castalia_status load_path(work* w) {
  return castalia_model_load(NULL, get(w, "path", ""), NULL, &w->model);
}

static castalia_status save(work* w) {
  TRY(load(w));
  return castalia_model_save(w->model, get(w, "path", ""));
}

static castalia_status event_file(work* w) {
  return castalia_event_writer_create(NULL, get(w, "path", ""), get(w, "format", ""), NULL,
                                      &w->writer);
}

static castalia_status event(work* w) {
  const int32_t ids[4] = {2, -2, 13, -13}, status[4] = {-1, -1, 1, 1};
  const int32_t mothers[8] = {0, 0, 0, 0, 1, 2, 1, 2};
  const double momenta[16] = {50, 0, 0, 50, 50,  0, 0, -50, strtod(get(w, "energy", "50"), NULL),
                              50, 0, 0, 50, -50, 0, 0};
  const double masses[4] = {0, 0, 0, 0};
  TRY(castalia_event_writer_create(NULL, "event.lhe", "lhe", NULL, &w->writer));
  return castalia_event_writer_write(w->writer, 4, ids, status, mothers, momenta, masses, 1);
}

/* Events beside those of the case. */
static castalia_status reference(work* w) {
  castalia_array x;
  TRY(view(w->condition, 200, integer(w, "reference_columns", 2), &x));
  TRY(castalia_normal(3, 0, 0, &x));
  return castalia_dataset_create(NULL, &x, NULL, NULL, &w->reference);
}

static castalia_status evaluate_by(const char* metric, work* w) {
  return castalia_evaluate(NULL, metric, w->dataset, w->reference, NULL, w->fields, 0, NULL, NULL,
                           NULL, NULL, NULL, NULL, NULL);
}

static castalia_status evaluate(work* w) {
  TRY(dataset(w));
  TRY(reference(w));
  TRY(config(get(w, "options", "{}"), &w->fields));
  return evaluate_by(get(w, "metric", ""), w);
}

static castalia_status observe(work* w) {
  TRY(dataset(w));
  TRY(config(get(w, "options", "{}"), &w->fields));
  return castalia_dataset_observe(NULL, w->dataset, get(w, "set", ""), w->fields, &w->made);
}

static castalia_status encode(work* w) {
  TRY(load(w));
  TRY(dataset(w));
  return castalia_model_encode(w->model, w->dataset, &w->made);
}

static castalia_status weights(work* w) {
  castalia_array values;
  const int64_t shape[1] = {4};
  TRY(dataset(w));
  TRY(castalia_array_dense(w->weights, CASTALIA_FLOAT64, 1, shape, &values));
  return castalia_dataset_weights(w->dataset, integer(w, "first", 0), &values);
}

/* What was destroyed stays in `w` for the call, and is destroyed in vain once more. */
static castalia_status stale(work* w) {
  const char* operation = get(w, "operation", "");
  const char* json;
  TRY(load(w));
  TRY(dataset(w));
  TRY(reference(w));
  if (strcmp(operation, "encode") == 0) {
    TRY(castalia_model_destroy(w->model));
    return castalia_model_encode(w->model, w->dataset, &w->made);
  }
  TRY(castalia_dataset_destroy(w->dataset));
  if (strcmp(operation, "evaluate") == 0) return evaluate_by("mmd", w);
  if (strcmp(operation, "describe") == 0) return castalia_dataset_describe(w->dataset, &json);
  return castalia_dataset_observe(NULL, w->dataset, "kinematics", NULL, &w->made);
}

static castalia_status after_destroy(work* w) {
  castalia_array x;
  TRY(load(w));
  TRY(view(w->x, 1, 2, &x));
  if (strcmp(get(w, "object", ""), "model") == 0) {
    castalia_model* destroyed = w->model;
    w->model = NULL;
    TRY(castalia_model_destroy(destroyed));
    return castalia_model_sample(destroyed, 1, 0, NULL, &x);
  }
  TRY(castalia_sampler_create(w->model, 1, &w->sampler));
  castalia_sampler* destroyed = w->sampler;
  w->sampler = NULL;
  TRY(castalia_sampler_destroy(destroyed));
  return castalia_sampler_next(destroyed, NULL, &x);
}

static const struct {
  const char* name;
  castalia_status (*run)(work*);
} kOperations[] = {
    {"create", create},
    {"threads", threads},
    {"device", device},
    {"dataset", dataset},
    {"dataset_open", dataset_open},
    {"rank", rank},
    {"dtype", dtype},
    {"null", null},
    {"fit", fit},
    {"fit_in_use", fit_in_use},
    {"two_trainers", two_trainers},
    {"fit_callback", fit_callback},
    {"fit_target", fit_target},
    {"target", target},
    {"sample", sample},
    {"sample_untrained", sample_untrained},
    {"seek", seek},
    {"log_prob", log_prob},
    {"uniform", uniform},
    {"load", load_path},
    {"save", save},
    {"event_file", event_file},
    {"event", event},
    {"evaluate", evaluate},
    {"observe", observe},
    {"encode", encode},
    {"weights", weights},
    {"stale", stale},
    {"after_destroy", after_destroy},
};

static void destroy_all(work* w) {
  castalia_target_destroy(w->target);
  castalia_event_writer_destroy(w->writer);
  castalia_trainer_destroy(w->second);
  castalia_trainer_destroy(w->trainer);
  castalia_sampler_destroy(w->sampler);
  castalia_model_destroy(w->model);
  castalia_dataset_destroy(w->made);
  castalia_dataset_destroy(w->reference);
  castalia_dataset_destroy(w->dataset);
  castalia_config_destroy(w->training);
  castalia_config_destroy(w->fields);
  castalia_context_destroy(w->context);
}

static void run_line(char* line) {
  static work w;
  memset(&w, 0, sizeof w);
  line[strcspn(line, "\n")] = '\0';
  const char* name = strtok(line, "\t");
  const char* operation = strtok(NULL, "\t");
  for (char* pair = strtok(NULL, "\t"); pair && w.pairs < MAX_PAIRS; pair = strtok(NULL, "\t")) {
    char* equals = strchr(pair, '=');
    *equals = '\0';
    w.keys[w.pairs] = pair;
    w.values[w.pairs++] = equals + 1;
  }
  for (size_t i = 0; i < sizeof kOperations / sizeof *kOperations; ++i) {
    if (strcmp(kOperations[i].name, operation) != 0) continue;
    const castalia_status status = kOperations[i].run(&w);
    printf("%s\t%s\t%s\n", name, castalia_status_name(status), status ? castalia_last_error() : "");
  }
  destroy_all(&w);
}

static int draw(castalia_model* model, double* x) {
  castalia_array array;
  return view(x, 4, 2, &array) == CASTALIA_OK &&
         castalia_model_sample(model, 1, 0, NULL, &array) == CASTALIA_OK;
}

int main(int argc, char** argv) {
  char line[MAX_LINE];
  double before[8], after[8];
  castalia_model* model = NULL;
  FILE* file = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (!file) return 2;
  if (castalia_model_load(NULL, "flow.safetensors", NULL, &model) != CASTALIA_OK ||
      !draw(model, before)) {
    fprintf(stderr, "%s\n", castalia_last_error());
    return 1;
  }
  while (fgets(line, sizeof line, file)) run_line(line);
  fclose(file);
  const int same = draw(model, after) && memcmp(before, after, sizeof before) == 0;
  printf("alive\t%s\t\n", same ? "OK" : "CHANGED");
  castalia_model_destroy(model);
  return 0;
}
