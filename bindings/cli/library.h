// The C interface as the commands use it: failures are exceptions, objects go with their scope.
#ifndef CASTALIA_BINDINGS_CLI_LIBRARY_H_
#define CASTALIA_BINDINGS_CLI_LIBRARY_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "capi/castalia.h"

namespace castalia_cli {

using Json = nlohmann::ordered_json;

// A command that cannot go on; the message is all that the user sees. Exit status 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void check(castalia_status status) {
  if (status != CASTALIA_OK) throw Failure(castalia_last_error());
}

template <typename T, castalia_status (*destroy)(T*)>
struct Destroyer {
  void operator()(T* handle) const { destroy(handle); }
};

using Context =
    std::unique_ptr<castalia_context, Destroyer<castalia_context, castalia_context_destroy>>;
using Config =
    std::unique_ptr<castalia_config, Destroyer<castalia_config, castalia_config_destroy>>;
using Dataset =
    std::unique_ptr<castalia_dataset, Destroyer<castalia_dataset, castalia_dataset_destroy>>;
using Model = std::unique_ptr<castalia_model, Destroyer<castalia_model, castalia_model_destroy>>;
using Trainer =
    std::unique_ptr<castalia_trainer, Destroyer<castalia_trainer, castalia_trainer_destroy>>;

// make<Model>(castalia_model_load, context, path, nullptr): the last argument of such functions is
// where the handle goes.
template <typename Owner, typename Function, typename... Arguments>
Owner make(Function function, Arguments... arguments) {
  typename Owner::pointer handle = nullptr;
  check(function(arguments..., &handle));
  return Owner(handle);
}

template <typename Function, typename... Arguments>
Json json_of(Function function, Arguments... arguments) {
  const char* text = nullptr;
  check(function(arguments..., &text));
  return Json::parse(text);
}

inline Config make_config(const Json& fields) {
  Config config = make<Config>(castalia_config_create);
  check(castalia_config_set_json(config.get(), fields.dump().c_str()));
  return config;
}

Context make_context(int threads, const std::string& device);

// A dense (rows, columns) array of our own memory, or (rows) where there is no second extent.
template <typename T>
castalia_array view(std::vector<T>& values, std::vector<int64_t> shape) {
  castalia_array array;
  check(castalia_array_dense(values.data(), sizeof(T) == 4 ? CASTALIA_FLOAT32 : CASTALIA_FLOAT64,
                             static_cast<int32_t>(shape.size()), shape.data(), &array));
  return array;
}

}  // namespace castalia_cli

#endif  // CASTALIA_BINDINGS_CLI_LIBRARY_H_
