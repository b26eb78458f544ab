#include "tests/toy/toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void toy_check(castalia_status status, const char* what, const char* file, int line) {
  if (status == CASTALIA_OK) return;
  fprintf(stderr, "%s:%d: %s: %s: %s\n", file, line, what, castalia_status_name(status),
          castalia_last_error());
  abort();
}

castalia_array toy_array(double* data, int64_t rows, int64_t columns) {
  const int64_t shape[] = {rows, columns};
  castalia_array array;
  TOY(castalia_array_dense(data, CASTALIA_FLOAT64, 2, shape, &array));
  return array;
}

castalia_array toy_vector(double* data, int64_t count) {
  castalia_array array;
  TOY(castalia_array_dense(data, CASTALIA_FLOAT64, 1, &count, &array));
  return array;
}

castalia_config* toy_config(const char* json) {
  castalia_config* config = NULL;
  TOY(castalia_config_create(&config));
  TOY(castalia_config_set_json(config, json));
  return config;
}

castalia_dataset* toy_dataset(void) {
  double* x = malloc(sizeof(double) * TOY_EVENTS * TOY_FEATURES);
  const castalia_array array = toy_array(x, TOY_EVENTS, TOY_FEATURES);
  castalia_dataset* dataset = NULL;
  TOY(castalia_normal(20260101, 0, 1, &array));
  for (int64_t i = 0; i < TOY_EVENTS; ++i) {
    double* event = x + i * TOY_FEATURES;
    event[1] = 0.3 * event[1] + event[0] * event[0];
    event[2] = 45.0 + 5.0 * event[2] + 3.0 * event[1];
  }
  TOY(castalia_dataset_create(NULL, &array, NULL, NULL, &dataset));
  free(x);
  return dataset;
}

castalia_model* toy_model(castalia_context* context) {
  castalia_config* config =
      toy_config("{\"features\": 4, \"layers\": 4, \"hidden\": 32, \"seed\": 3}");
  castalia_model* model = NULL;
  TOY(castalia_model_create(context, "coupling_flow", config, &model));
  TOY(castalia_config_destroy(config));
  return model;
}

castalia_status toy_fit(castalia_model* model, const char* training,
                        castalia_progress_callback progress, void* user) {
  castalia_dataset* dataset = toy_dataset();
  castalia_config* config = toy_config(training);
  const castalia_status status = castalia_model_fit(model, dataset, config, progress, user);
  TOY(castalia_config_destroy(config));
  TOY(castalia_dataset_destroy(dataset));
  return status;
}

castalia_model* toy_trained(castalia_context* context) {
  castalia_model* model = toy_model(context);
  TOY(toy_fit(model, "{\"steps\": 30, \"batch\": 256}", NULL, NULL));
  return model;
}

double* toy_parameters(castalia_model* model, int64_t* count) {
  TOY(castalia_model_shape(model, NULL, NULL, count));
  double* values = malloc(sizeof(double) * (size_t)*count);
  const castalia_array array = toy_vector(values, *count);
  TOY(castalia_model_get_parameters(model, &array));
  return values;
}

uint64_t toy_digest(const double* values, int64_t count) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits;
    memcpy(&bits, values + i, sizeof bits);
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3u;
    }
  }
  return hash;
}
