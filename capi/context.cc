// Context, configuration, catalogue, information.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/base/thread_pool.h"
#include "cpp/base/version.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/transformer.h"
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cuda/load.h"
#include "cpp/train/adversarial.h"
#include "cpp/train/options.h"
#include "models/catalogue.h"

namespace castalia::capi {

void Context::set_log(castalia_log_callback callback, void* user) {
  const std::lock_guard lock(mutex_);
  callback_ = callback;
  user_ = user;
}

bool Context::has_log() {
  const std::lock_guard lock(mutex_);
  return callback_ != nullptr;
}

void Context::log(int level, const std::string& message) {
  castalia_log_callback callback = nullptr;
  void* user = nullptr;
  {
    const std::lock_guard lock(mutex_);
    callback = callback_;
    user = user_;
  }
  if (callback != nullptr && callback(level, message.c_str(), user) != 0) {
    fail(Code::callback_failed, "the log callback reported an error");
  }
}

std::shared_ptr<Context> context_of(castalia_context* handle) {
  if (handle != nullptr) return from_handle<Context>(handle);
  static const auto* const standard = new std::shared_ptr<Context>(std::make_shared<Context>());
  return *standard;
}

std::string config_json(castalia_config* handle) {
  if (handle == nullptr) return {};
  const auto config = from_handle<Config>(handle);
  const Exclusive exclusive(config->busy, Kind::config);
  return config->values.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {

// What a text says just before a fault, whose name is often there.
std::string text_before(const std::string& whole, size_t fault) {
  constexpr size_t kShown = 48;
  fault = std::min(fault, whole.size());
  const size_t first = fault > kShown ? fault - kShown : 0;
  return (first > 0 ? "..." : "") + whole.substr(first, fault - first);
}

template <typename Value>
void set_field(castalia_config* handle, const char* field, const Value& value) {
  const auto config = from_handle<Config>(handle);
  const Exclusive exclusive(config->busy, Kind::config);
  config->values[&required(field, "field")] = value;
}

}  // namespace

extern "C" {

CASTALIA_API const char* castalia_version(void) { return kVersion; }
CASTALIA_API int32_t castalia_abi_version(void) { return CASTALIA_ABI_VERSION; }

CASTALIA_API castalia_status castalia_context_create(castalia_context** out) {
  return call_making(out, [] { return to_handle(std::make_shared<Context>()); });
}
CASTALIA_API castalia_status castalia_context_retain(castalia_context* context) {
  return call([&] { handle_retain(Kind::context, reinterpret_cast<uintptr_t>(context)); });
}
CASTALIA_API castalia_status castalia_context_destroy(castalia_context* context) {
  return call([&] { handle_destroy(Kind::context, reinterpret_cast<uintptr_t>(context)); });
}

CASTALIA_API castalia_status castalia_context_set_threads(castalia_context* context,
                                                          int32_t sampling, int32_t training) {
  return call([&] {
    const auto object = context_of(context);
    for (const int32_t threads : {sampling, training}) {
      if (threads < 0 || threads > 1024) {
        fail(Code::out_of_range, "threads is ", threads, "; allowed: 0 (all cores) to 1024");
      }
    }
    object->sampling_threads = sampling;
    object->training_threads = training;
  });
}

CASTALIA_API castalia_status castalia_context_set_device(castalia_context* context,
                                                         const char* device) {
  return call([&] {
    const auto object = context_of(context);
    object->devices = &find_devices(&required(device, "device"));
  });
}

CASTALIA_API castalia_status castalia_context_set_log(castalia_context* context,
                                                      castalia_log_callback callback, void* user) {
  return call([&] { context_of(context)->set_log(callback, user); });
}

CASTALIA_API castalia_status castalia_info(castalia_context* context, const char** json) {
  return call([&] {
    const auto object = context_of(context);
    const DeviceList list = list_devices();
    nlohmann::ordered_json devices = nlohmann::ordered_json::array();
    for (const DeviceList::Entry& entry : list.devices) {
      devices.push_back(entry.description.empty() ? entry.name
                                                  : entry.name + ": " + entry.description);
    }
    const nlohmann::ordered_json info = {{"version", castalia_version()},
                                         {"abi_version", CASTALIA_ABI_VERSION},
                                         {"instruction_set", cpu::active_target()},
                                         {"cores", available_cores()},
                                         {"sampling_threads", object->sampling_threads.load()},
                                         {"training_threads", object->training_threads.load()},
                                         {"devices", devices},
                                         {"no_cuda", list.no_cuda}};
    required(json, "json") = lend(info.dump(2));
  });
}

CASTALIA_API castalia_status castalia_config_create(castalia_config** out) {
  return call_making(out, [] { return to_handle(std::make_shared<Config>()); });
}
CASTALIA_API castalia_status castalia_config_retain(castalia_config* config) {
  return call([&] { handle_retain(Kind::config, reinterpret_cast<uintptr_t>(config)); });
}
CASTALIA_API castalia_status castalia_config_destroy(castalia_config* config) {
  return call([&] { handle_destroy(Kind::config, reinterpret_cast<uintptr_t>(config)); });
}
CASTALIA_API castalia_status castalia_config_set_integer(castalia_config* config, const char* field,
                                                         int64_t value) {
  return call([&] { set_field(config, field, value); });
}
CASTALIA_API castalia_status castalia_config_set_real(castalia_config* config, const char* field,
                                                      double value) {
  return call([&] {
    // JSON has no NaN: it would become null and be reported as a wrong type.
    if (!std::isfinite(value)) {
      fail(Code::out_of_range, "field '", &required(field, "field"), "' is not finite");
    }
    set_field(config, field, value);
  });
}
CASTALIA_API castalia_status castalia_config_set_boolean(castalia_config* config, const char* field,
                                                         int32_t value) {
  return call([&] { set_field(config, field, value != 0); });
}
CASTALIA_API castalia_status castalia_config_set_text(castalia_config* config, const char* field,
                                                      const char* value) {
  return call([&] {
    from_handle<Config>(config);  // a handle is checked before what comes with it
    set_field(config, field, &required(value, "value"));
  });
}
CASTALIA_API castalia_status castalia_config_set_json(castalia_config* handle, const char* json) {
  return call([&] {
    const auto config = from_handle<Config>(handle);
    const Exclusive exclusive(config->busy, Kind::config);
    nlohmann::json given;
    try {
      given = nlohmann::json::parse(&required(json, "json"));
    } catch (const nlohmann::json::parse_error& error) {
      fail(Code::invalid_argument, "not valid JSON: fault at byte ", error.byte, ", behind '",
           text_before(json, error.byte), "'");
    }
    if (!given.is_object()) {
      fail(Code::invalid_argument, "a configuration is a JSON object, not ", given.type_name());
    }
    config->values.update(given);
  });
}
CASTALIA_API castalia_status castalia_config_json(castalia_config* config, const char** json) {
  return call([&] {
    from_handle<Config>(config);  // NULL is an error here
    required(json, "json") = lend(config_json(config));
  });
}

CASTALIA_API castalia_status castalia_catalogue(const char** json) {
  return call([&] { required(json, "json") = lend(catalogue_json()); });
}

CASTALIA_API castalia_status castalia_transformers(const char** json) {
  return call([&] { required(json, "json") = lend(transformers_json()); });
}
CASTALIA_API castalia_status castalia_bijections(const char** json) {
  return call([&] { required(json, "json") = lend(bijections_json()); });
}
CASTALIA_API castalia_status castalia_adversarial(const char** json) {
  return call([&] { required(json, "json") = lend(adversarial_json()); });
}
CASTALIA_API castalia_status castalia_training_fields(const char** json) {
  return call([&] { required(json, "json") = lend(training_fields_json()); });
}

}  // extern "C"

}  // namespace castalia::capi
