/* train CHECKPOINT MODEL: trains a model, going on from the checkpoint if it is there, saves it,
 * and prints the digest of its weights. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/toy/toy.h"

int main(int count, char** arguments) {
  if (count != 3) return 2;
  castalia_model* model = toy_model(NULL);
  castalia_dataset* dataset = toy_dataset();
  /* A checkpoint after every step, so that kills fall into the writing of one too; a running mean,
   * a schedule and validations, so that there is much to restore. */
  castalia_config* training = toy_config(
      "{\"steps\": 200, \"batch\": 128, \"checkpoint_every\": 1, \"schedule\": \"one_cycle\", "
      "\"ema\": 0.99,"
      " \"warmup\": 10, \"clip_norm\": 5.0, \"validate_every\": 7}");
  TOY(castalia_config_set_text(training, "checkpoint", arguments[1]));
  TOY(castalia_model_fit(model, dataset, training, NULL, NULL));
  TOY(castalia_model_save(model, arguments[2]));
  int64_t parameters = 0;
  double* values = toy_parameters(model, &parameters);
  printf("%016" PRIx64 "\n", toy_digest(values, parameters));
  free(values);
  TOY(castalia_config_destroy(training));
  TOY(castalia_dataset_destroy(dataset));
  TOY(castalia_model_destroy(model));
  return 0;
}
