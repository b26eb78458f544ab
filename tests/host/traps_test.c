/* A host that traps invalid operations, divisions by zero and overflows, as event generators do, is
 * never trapped by a call, whether it succeeds or fails, and finds its traps as it set them. */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/toy/toy.h"

enum { TRAPS = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW, EVENTS = 1000 };

static void require(int fact, const char* what, int line) {
  if (fact) return;
  fprintf(stderr, "traps_test.c:%d: %s\n", line, what);
  abort();
}
#define REQUIRE(fact) require((fact), #fact, __LINE__)

/* The traps are still set, and no flag has been raised that would say something happened. */
#define UNTOUCHED() REQUIRE(fegetexcept() == TRAPS && fetestexcept(FE_ALL_EXCEPT) == 0)

static int count_calls(int64_t step, int64_t steps, double loss, double validation_loss,
                       void* user) {
  (void)step, (void)steps, (void)loss, (void)validation_loss;
  ++*(int*)user;
  return 0;
}

int main(void) {
  REQUIRE(feenableexcept(TRAPS) != -1);
  feclearexcept(FE_ALL_EXCEPT);

  castalia_model* model = toy_model(NULL);
  int calls = 0;
  TOY(toy_fit(model, "{\"steps\": 30, \"batch\": 256}", count_calls, &calls));
  REQUIRE(calls > 0);
  feclearexcept(FE_ALL_EXCEPT); /* what making the data set raised is the host's own */

  double* x = malloc(sizeof(double) * EVENTS * TOY_FEATURES);
  double* density = malloc(sizeof(double) * EVENTS);
  const castalia_array events = toy_array(x, EVENTS, TOY_FEATURES);
  const castalia_array densities = toy_vector(density, EVENTS);
  UNTOUCHED();
  TOY(castalia_model_sample(model, 1, 0, NULL, &events));
  UNTOUCHED();
  TOY(castalia_model_log_prob(model, &events, NULL, &densities));
  UNTOUCHED();

  castalia_sampler* sampler = NULL;
  const castalia_array one = toy_array(x, 1, TOY_FEATURES);
  TOY(castalia_sampler_create(model, 2, &sampler));
  for (int i = 0; i < 10; ++i) TOY(castalia_sampler_next(sampler, NULL, &one));
  TOY(castalia_sampler_destroy(sampler));
  UNTOUCHED();

  /* Far outside of the data everything may overflow inside. */
  for (int i = 0; i < EVENTS * TOY_FEATURES; ++i) x[i] = i % 2 ? 1e300 : -1e300;
  castalia_model_log_prob(model, &events, NULL, &densities);
  UNTOUCHED();

  /* Errors about values that trap as soon as one computes with them. */
  castalia_config* config = toy_config("{}");
  REQUIRE(castalia_config_set_real(config, "bound", INFINITY) == CASTALIA_OUT_OF_RANGE);
  UNTOUCHED();
  REQUIRE(castalia_config_set_real(config, "bound", NAN) == CASTALIA_OUT_OF_RANGE);
  UNTOUCHED();
  TOY(castalia_config_destroy(config));
  x[5] = INFINITY;
  REQUIRE(castalia_model_log_prob(model, &events, NULL, &densities) == CASTALIA_NOT_FINITE);
  UNTOUCHED();
  x[5] = NAN;
  castalia_dataset* none = NULL;
  REQUIRE(castalia_dataset_create(NULL, &events, NULL, NULL, &none) == CASTALIA_NOT_FINITE);
  UNTOUCHED();

  /* A training whose numbers leave all bounds. */
  feclearexcept(FE_ALL_EXCEPT);
  castalia_dataset* dataset = toy_dataset();
  castalia_config* wild = toy_config(
      "{\"steps\": 300, \"batch\": 64, \"learning_rate\": 1e3, \"weight_decay\": 1e3, "
      "\"schedule\": \"constant\"}");
  feclearexcept(FE_ALL_EXCEPT);
  REQUIRE(castalia_model_fit(model, dataset, wild, NULL, NULL) == CASTALIA_NUMERICAL);
  UNTOUCHED();

  TOY(castalia_config_destroy(wild));
  TOY(castalia_dataset_destroy(dataset));
  TOY(castalia_model_destroy(model));
  free(x);
  free(density);
  return 0;
}
