/* One of four programs that do the same in four languages.
 *
 *   cross train MODEL          trains a small flow on numbers that a seed names, and saves it
 *   cross sample MODEL FILE    loads a model and draws 50 events, in one call and by a sampler,
 * into the data sets `whole` and `drawn` of an HDF5 file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castalia.h"

enum { ROWS = 1000, FEATURES = 2, EVENTS = 50, FIRST = 100 };

static void check(castalia_status status) {
  if (status == CASTALIA_OK) return;
  fprintf(stderr, "%s: %s\n", castalia_status_name(status), castalia_last_error());
  exit(1);
}

static castalia_array view(double* data, int64_t rows) {
  const int64_t shape[2] = {rows, FEATURES};
  castalia_array array;
  check(castalia_array_dense(data, CASTALIA_FLOAT64, 2, shape, &array));
  return array;
}

static castalia_config* config(const char* json) {
  castalia_config* made = NULL;
  check(castalia_config_create(&made));
  check(castalia_config_set_json(made, json));
  return made;
}

static void train(const char* path) {
  static double x[ROWS * FEATURES];
  const castalia_array data = view(x, ROWS);
  check(castalia_normal(42, 0, 0, &data));

  castalia_config* fields = config(
      "{\"features\": 2, \"layers\": 2, \"hidden\": 16, \"hidden_layers\": 1, \"bins\": 4, "
      "\"seed\": 3}");
  castalia_config* training =
      config("{\"steps\": 30, \"batch\": 128, \"validation\": 0.2, \"seed\": 5}");
  castalia_dataset* dataset = NULL;
  castalia_model* model = NULL;
  check(castalia_dataset_create(NULL, &data, NULL, NULL, &dataset));
  check(castalia_model_create(NULL, "coupling_flow", fields, &model));
  check(castalia_model_fit(model, dataset, training, NULL, NULL));
  check(castalia_model_save(model, path));
  check(castalia_model_destroy(model));
  check(castalia_dataset_destroy(dataset));
  check(castalia_config_destroy(training));
  check(castalia_config_destroy(fields));
}

static void sample(const char* path, const char* file) {
  static double whole[EVENTS * FEATURES], drawn[EVENTS * FEATURES];
  const castalia_array all = view(whole, EVENTS);
  castalia_model* model = NULL;
  castalia_sampler* sampler = NULL;
  check(castalia_model_load(NULL, path, NULL, &model));
  check(castalia_model_sample(model, 7, FIRST, NULL, &all));

  check(castalia_sampler_create(model, 7, &sampler));
  check(castalia_sampler_seek(sampler, FIRST));
  for (int64_t i = 0; i < EVENTS; i += 10) {
    const castalia_array part = view(drawn + i * FEATURES, 10);
    check(castalia_sampler_next(sampler, NULL, &part));
  }
  const castalia_array parts = view(drawn, EVENTS);
  check(castalia_hdf5_write(file, "whole", &all, 1));
  check(castalia_hdf5_write(file, "drawn", &parts, 0));
  check(castalia_sampler_destroy(sampler));
  check(castalia_model_destroy(model));
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "train") == 0) {
    train(argv[2]);
  } else if (argc == 4 && strcmp(argv[1], "sample") == 0) {
    sample(argv[2], argv[3]);
  } else {
    fprintf(stderr, "usage: cross train MODEL | cross sample MODEL FILE\n");
    return 2;
  }
  return 0;
}
