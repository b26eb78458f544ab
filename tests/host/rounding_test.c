/* The host's rounding mode and its flushing of denormal numbers change no result, and are as they
 * were when a call returns. */
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "tests/toy/toy.h"

enum { EVENTS = 600 };

static void require(int fact, const char* what, int line) {
  if (fact) return;
  fprintf(stderr, "rounding_test.c:%d: %s\n", line, what);
  abort();
}
#define REQUIRE(fact) require((fact), #fact, __LINE__)

/* The control bits of the vector unit: traps, rounding, flush to zero, denormals are zeros. */
static unsigned control(void) {
#if defined(__x86_64__)
  return _mm_getcsr() & 0xffc0u;
#else
  return (unsigned)fegetround();
#endif
}

static void flush_denormals(void) {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040u);
#endif
}

static double* draw(castalia_model* model) {
  double* x = malloc(sizeof(double) * EVENTS * TOY_FEATURES);
  const castalia_array events = toy_array(x, EVENTS, TOY_FEATURES);
  TOY(castalia_model_sample(model, 9, 0, NULL, &events));
  return x;
}

int main(void) {
  /* What the host computes itself, its data, is computed before it sets anything. */
  castalia_dataset* dataset = toy_dataset();
  castalia_config* training = toy_config("{\"steps\": 25, \"batch\": 256}");
  castalia_context* context = NULL;
  TOY(castalia_context_create(&context));
  TOY(castalia_context_set_threads(context, 2, 2));

  castalia_model* plain = toy_model(context);
  TOY(castalia_model_fit(plain, dataset, training, NULL, NULL));
  int64_t count = 0;
  double* weights = toy_parameters(plain, &count);
  double* events = draw(plain);
  const uint64_t of_weights = toy_digest(weights, count);
  const uint64_t of_events = toy_digest(events, EVENTS * TOY_FEATURES);
  free(weights);
  free(events);

  const int roundings[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(fesetround(roundings[i]) == 0);
    flush_denormals();
    const unsigned mine = control();
    castalia_model* model = toy_model(context);
    TOY(castalia_model_fit(model, dataset, training, NULL, NULL));
    REQUIRE(control() == mine && fegetround() == roundings[i]);
    weights = toy_parameters(model, &count);
    events = draw(model);
    REQUIRE(control() == mine && fegetround() == roundings[i]);
    REQUIRE(toy_digest(weights, count) == of_weights);
    REQUIRE(toy_digest(events, EVENTS * TOY_FEATURES) == of_events);
    free(weights);
    free(events);
    TOY(castalia_model_destroy(model));

    /* A call that fails restores it too. */
    castalia_model* none = NULL;
    REQUIRE(castalia_model_create(NULL, "coupling_flew", NULL, &none) == CASTALIA_NOT_FOUND);
    REQUIRE(control() == mine && fegetround() == roundings[i]);
    REQUIRE(fesetenv(FE_DFL_ENV) == 0);
  }
  TOY(castalia_model_destroy(plain));
  TOY(castalia_config_destroy(training));
  TOY(castalia_dataset_destroy(dataset));
  TOY(castalia_context_destroy(context));
  return 0;
}
