/* pp -> Z(mu+ mu-) + jet, drawn from a flow that learned it from Pythia, in C.
 *
 *   event_generator MODEL OUTPUT.lhe [EVENTS [SEED]]
 *
 * The same events as examples/fortran/event_generator draws for the same seed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "castalia.h"
#include "kinematics.h"

enum { kBatch = 1024, kTurnStage = 1 };

/* Ends the program with the library's message when a call failed. */
static void check(castalia_status status) {
  if (status == CASTALIA_OK) return;
  fprintf(stderr, "event_generator: %s: %s\n", castalia_status_name(status), castalia_last_error());
  exit(EXIT_FAILURE);
}

int main(int argc, char** argv) {
  static const int32_t ids[kParticles] = {21, 21, 23, -13, 13, 97, 90};
  static const int32_t status[kParticles] = {-1, -1, 2, 1, 1, 1, 1};
  static const int32_t mothers[kParticles][2] = {{0, 0}, {0, 0}, {1, 2}, {3, 3},
                                                 {3, 3}, {1, 2}, {1, 2}};
  static const double kPi = 3.14159265358979323846;
  if (argc < 3) {
    fprintf(stderr, "usage: event_generator MODEL OUTPUT.lhe [EVENTS [SEED]]\n");
    return EXIT_FAILURE;
  }
  const long events = argc > 3 ? strtol(argv[3], NULL, 10) : 10000;
  const uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;

  castalia_model* model;
  castalia_sampler* sampler;
  castalia_event_writer* writer;
  check(castalia_model_load(NULL, argv[1], NULL, &model));
  check(castalia_sampler_create(model, seed, &sampler));
  check(castalia_event_writer_create(NULL, argv[2], "lhe", NULL, &writer));

  static double features[kBatch][kFeatures];
  static double turn[kBatch][2]; /* azimuth and side, uniform in (0, 1) */
  castalia_array features_view, turn_view;
  check(castalia_array_dense(features, CASTALIA_FLOAT64, 2, (int64_t[]){kBatch, kFeatures},
                             &features_view));
  check(castalia_array_dense(turn, CASTALIA_FLOAT64, 2, (int64_t[]){kBatch, 2}, &turn_view));

  long written = 0;
  for (int64_t first = 0; written < events; first += kBatch) {
    check(castalia_sampler_next(sampler, NULL, &features_view));
    check(castalia_uniform(seed, first, kTurnStage, &turn_view));
    for (int i = 0; i < kBatch && written < events; ++i) {
      if (!is_physical(features[i])) continue;
      double p[3][4], momenta[kParticles][4], masses[kParticles];
      event_from_features(features[i], kPi * (2.0 * turn[i][0] - 1.0),
                          turn[i][1] < 0.5 ? -1.0 : 1.0, p);
      if (!is_accepted(p)) continue;
      fill_record(p, momenta, masses);
      check(castalia_event_writer_write(writer, kParticles, ids, status, &mothers[0][0],
                                        &momenta[0][0], masses, 1.0));
      ++written;
    }
  }
  check(castalia_event_writer_close(writer));
  printf("Wrote %ld events to %s\n", written, argv[2]);

  check(castalia_event_writer_destroy(writer));
  check(castalia_sampler_destroy(sampler));
  check(castalia_model_destroy(model));
  return EXIT_SUCCESS;
}
