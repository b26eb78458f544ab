/* Prints the instruction set in use, and the digest of the events that a model of fixed weights
 * draws with each batch size and number of threads, as lines of name and value. The weights come
 * from the library's random numbers and not from training, so that the lines compare sampling
 * alone; the preprocessing is fitted by a training of learning rate zero. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/toy/toy.h"

enum { EVENTS = 4096 };

/* Random weights, scaled like those of a trained network. */
static void set_weights(castalia_model* model) {
  int64_t count = 0;
  TOY(castalia_model_shape(model, NULL, NULL, &count));
  double* weights = malloc(sizeof(double) * (size_t)count);
  const castalia_array row = toy_array(weights, 1, count);
  TOY(castalia_normal(11, 0, 2, &row));
  for (int64_t i = 0; i < count; ++i) weights[i] *= 0.2;
  const castalia_array vector = toy_vector(weights, count);
  TOY(castalia_model_set_parameters(model, &vector));
  free(weights);
}

static uint64_t events_digest(castalia_model* model, int64_t batch) {
  double* x = malloc(sizeof(double) * EVENTS * TOY_FEATURES);
  castalia_sampler* sampler = NULL;
  TOY(castalia_sampler_create(model, 5, &sampler));
  for (int64_t done = 0; done < EVENTS; done += batch) {
    const int64_t count = EVENTS - done < batch ? EVENTS - done : batch;
    const castalia_array some = toy_array(x + done * TOY_FEATURES, count, TOY_FEATURES);
    TOY(castalia_sampler_next(sampler, NULL, &some));
  }
  TOY(castalia_sampler_destroy(sampler));
  const uint64_t digest = toy_digest(x, EVENTS * TOY_FEATURES);
  free(x);
  return digest;
}

int main(void) {
  castalia_context* context = NULL;
  TOY(castalia_context_create(&context));
  const char* info = NULL;
  TOY(castalia_info(context, &info));
  const char* set = strstr(info, "\"instruction_set\": \"");
  if (set == NULL) return 1;
  set += strlen("\"instruction_set\": \"");
  printf("instruction_set %.*s\n", (int)strcspn(set, "\""), set);

  castalia_model* model = toy_model(context);
  TOY(toy_fit(model, "{\"steps\": 1, \"batch\": 64, \"learning_rate\": 0.0, \"validation\": 0.0}",
              NULL, NULL));
  set_weights(model);
  const int64_t batches[] = {1, 7, 4096};
  for (int threads = 1; threads <= 2; ++threads) {
    TOY(castalia_context_set_threads(context, threads, 1));
    for (int i = 0; i < 3; ++i) {
      printf("batch_%" PRId64 "_threads_%d %016" PRIx64 "\n", batches[i], threads,
             events_digest(model, batches[i]));
    }
  }
  TOY(castalia_model_destroy(model));
  TOY(castalia_context_destroy(context));
  return 0;
}
