// P12: loads a model and prints the first feature of one event.
//
// usage: start_castalia MODEL_FILE
#include <cstdio>
#include <vector>

#include "capi/castalia.h"

int main(int argc, char** argv) {
  castalia_model* model = nullptr;
  int64_t features = 0;
  if (argc != 2 || castalia_model_load(nullptr, argv[1], nullptr, &model) != CASTALIA_OK ||
      castalia_model_shape(model, &features, nullptr, nullptr) != CASTALIA_OK) {
    std::fprintf(stderr, "%s\n", castalia_last_error());
    return 1;
  }
  std::vector<float> event(static_cast<size_t>(features));
  const int64_t shape[] = {1, features};
  castalia_array x;
  castalia_array_dense(event.data(), CASTALIA_FLOAT32, 2, shape, &x);
  if (castalia_model_sample(model, 1, 0, nullptr, &x) != CASTALIA_OK) {
    std::fprintf(stderr, "%s\n", castalia_last_error());
    return 1;
  }
  std::printf("%g\n", static_cast<double>(event[0]));
  return castalia_model_destroy(model) == CASTALIA_OK ? 0 : 1;
}
