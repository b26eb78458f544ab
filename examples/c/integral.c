/* Integrates three resonances over the unit cube: a flow learns to draw where the integrand is
 * large, from the integrand alone, and the mean weight of its draws is the integral.
 *
 *   cc integral.c $(pkg-config --cflags --libs castalia) -lm && ./a.out
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "castalia.h"

enum { DIMENSIONS = 3, EVENTS = 20000 };

static const double kMass[DIMENSIONS] = {0.3, 0.5, 0.8};
static const double kWidth = 0.1;

/* The logarithm of the integrand, product of 1 / ((x - mass)^2 + width^2), and its gradient. */
static int integrand(int64_t rows, int64_t features, const double* x, int64_t context_features,
                     const double* condition, double* log_density, double* gradient, void* user) {
  (void)context_features, (void)condition, (void)user;
  for (int64_t row = 0; row < rows; ++row) {
    log_density[row] = 0;
    for (int64_t i = 0; i < features; ++i) {
      const int64_t at = row * features + i;
      const double distance = x[at] - kMass[i];
      const double square = distance * distance + kWidth * kWidth;
      log_density[row] -= log(square);
      if (gradient) gradient[at] = -2 * distance / square;
    }
  }
  return 0;
}

static void check(castalia_status status) {
  if (status == CASTALIA_OK) return;
  fprintf(stderr, "%s\n", castalia_last_error());
  exit(1);
}

int main(void) {
  castalia_config *fields, *training;
  check(castalia_config_create(&fields));
  check(castalia_config_set_json(
      fields,
      "{\"features\": 3, \"layers\": 6, \"hidden\": 32, \"tails\": \"none\", \"base\": \"uniform\","
      " \"preprocessing\": [\"interval(0, 1)\", \"interval(0, 1)\", \"interval(0, 1)\"]}"));
  check(castalia_config_create(&training));
  check(castalia_config_set_json(training,
                                 "{\"objective\": \"reverse_kl\", \"steps\": 200, \"batch\": 256,"
                                 " \"learning_rate\": 0.005}"));
  castalia_model* flow;
  check(castalia_model_create(NULL, "coupling_flow", fields, &flow));
  castalia_target* target;
  check(castalia_target_create_callback(NULL, DIMENSIONS, 1, integrand, NULL, &target));
  check(castalia_model_fit_target(flow, target, NULL, training, NULL, NULL));

  static double events[EVENTS * DIMENSIONS], log_weights[EVENTS];
  castalia_array x, weights;
  check(castalia_array_dense(events, CASTALIA_FLOAT64, 2, (int64_t[]){EVENTS, DIMENSIONS}, &x));
  check(castalia_array_dense(log_weights, CASTALIA_FLOAT64, 1, (int64_t[]){EVENTS}, &weights));
  double log_z, error, effective, acceptance;
  check(castalia_model_weigh(flow, target, 1, 0, NULL, &x, &weights, &log_z, &error, &effective,
                             &acceptance));
  double exact = 0;
  for (int i = 0; i < DIMENSIONS; ++i) {
    exact += log((atan((1 - kMass[i]) / kWidth) + atan(kMass[i] / kWidth)) / kWidth);
  }
  printf("log_z %.5f error %.5f exact %.5f effective %.3f acceptance %.3f\n", log_z, error, exact,
         effective / EVENTS, acceptance);
  check(castalia_target_destroy(target));
  check(castalia_model_destroy(flow));
  check(castalia_config_destroy(training));
  check(castalia_config_destroy(fields));
  return 0;
}
