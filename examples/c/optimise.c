/* Finds the parameters at which the mean of a simulator's events is least. The simulator has no
 * derivatives: those of a generative model of its events, trained near the present parameters, are
 * followed.
 *
 *   cc optimise.c $(pkg-config --cflags --libs castalia) -lm && ./a.out
 */
#include <stdio.h>
#include <stdlib.h>

#include "castalia.h"

enum { PARAMETERS = 2, STEPS = 8 };

static const double kLeast[PARAMETERS] = {0.5, -0.3};

static void check(castalia_status status) {
  if (status == CASTALIA_OK) return;
  fprintf(stderr, "%s\n", castalia_last_error());
  exit(1);
}

/* A bowl, with noise that is a function of the event's number. */
static int simulator(int64_t parameters, const double* at, int64_t rows, int64_t inputs,
                     const double* x, int64_t first_row, int64_t outputs, double* y, void* user) {
  (void)inputs, (void)x, (void)outputs, (void)user;
  double height = 0;
  for (int64_t i = 0; i < parameters; ++i) height += (at[i] - kLeast[i]) * (at[i] - kLeast[i]);
  castalia_array noise;
  if (castalia_array_dense(y, CASTALIA_FLOAT64, 2, (int64_t[]){rows, 1}, &noise)) return 1;
  if (castalia_normal(7, first_row, 1, &noise)) return 1;
  for (int64_t row = 0; row < rows; ++row) y[row] = height + 0.1 * y[row];
  return 0;
}

int main(void) {
  castalia_config *fields, *training, *options;
  check(castalia_config_create(&fields));
  check(castalia_config_set_json(fields,
                                 "{\"features\": 1, \"context_features\": 2, \"latent\": 2,"
                                 " \"generator_hidden\": 32, \"critic_hidden\": 32}"));
  check(castalia_config_create(&training));
  check(castalia_config_set_json(training,
                                 "{\"steps\": 80, \"batch\": 128, \"learning_rate\": 0.003,"
                                 " \"validation\": 0}"));
  check(castalia_config_create(&options));
  check(castalia_config_set_json(
      options, "{\"region\": [0.3], \"points\": 8, \"events\": 32, \"moves\": 5}"));
  castalia_model* model;
  check(castalia_model_create(NULL, "gan", fields, &model));

  double at[PARAMETERS] = {-0.4, 0.5}, best[PARAMETERS];
  castalia_array start, least;
  check(castalia_array_dense(at, CASTALIA_FLOAT64, 1, (int64_t[]){PARAMETERS}, &start));
  check(castalia_array_dense(best, CASTALIA_FLOAT64, 1, (int64_t[]){PARAMETERS}, &least));
  castalia_surrogate* search;
  check(castalia_surrogate_create(model, training, options, &start, NULL, NULL, simulator, NULL,
                                  &search));
  check(castalia_surrogate_advance(search, STEPS));
  int64_t simulated;
  double objective;
  check(castalia_surrogate_status(search, NULL, &simulated, NULL, &least, &objective, NULL));
  printf("first %.5f second %.5f objective %.5f simulated %d\n", best[0], best[1], objective,
         (int)simulated);
  check(castalia_surrogate_destroy(search));
  check(castalia_model_destroy(model));
  check(castalia_config_destroy(options));
  check(castalia_config_destroy(training));
  check(castalia_config_destroy(fields));
  return 0;
}
