// Every function with null pointers, with handles that are no longer or never were valid, and with
// handles of another kind: each returns the status that the header states, and none crashes. One
// table holds them all; a function of the frozen list that is not in it is a failure.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "tests/toy/toy.h"

namespace {

std::string symbols_path;

// The handles that stand for each kind of object in a call.
struct Handles {
  castalia_context* context = nullptr;
  castalia_config* config = nullptr;
  castalia_dataset* dataset = nullptr;
  castalia_model* model = nullptr;
  castalia_sampler* sampler = nullptr;
  castalia_trainer* trainer = nullptr;
  castalia_event_writer* writer = nullptr;
  castalia_target* target = nullptr;
  castalia_surrogate* surrogate = nullptr;
  bool with_out = false;  // and a place for the object that a call makes

  void pick(castalia_context*& out) const { out = context; }
  void pick(castalia_config*& out) const { out = config; }
  void pick(castalia_dataset*& out) const { out = dataset; }
  void pick(castalia_model*& out) const { out = model; }
  void pick(castalia_sampler*& out) const { out = sampler; }
  void pick(castalia_trainer*& out) const { out = trainer; }
  void pick(castalia_event_writer*& out) const { out = writer; }
  void pick(castalia_target*& out) const { out = target; }
  void pick(castalia_surrogate*& out) const { out = surrogate; }
};

template <typename T>
constexpr bool is_handle =
    std::is_same_v<T, castalia_context*> || std::is_same_v<T, castalia_config*> ||
    std::is_same_v<T, castalia_dataset*> || std::is_same_v<T, castalia_model*> ||
    std::is_same_v<T, castalia_sampler*> || std::is_same_v<T, castalia_trainer*> ||
    std::is_same_v<T, castalia_event_writer*> || std::is_same_v<T, castalia_target*> ||
    std::is_same_v<T, castalia_surrogate*>;

template <typename T>
constexpr bool is_out = std::is_pointer_v<T>&& is_handle<std::remove_pointer_t<T>>;

// Calls a function with these handles and with null or zero for everything else.
template <typename... Arguments>
std::function<castalia_status(const Handles&)> with_nothing_else(
    castalia_status (*function)(Arguments...)) {
  return [function](const Handles& handles) {
    std::tuple<Arguments...> arguments{};
    const auto put = [&handles](auto& argument) {
      using Argument = std::decay_t<decltype(argument)>;
      if constexpr (is_handle<Argument>) handles.pick(argument);
      if constexpr (is_out<Argument>) {
        static std::remove_pointer_t<Argument> made;
        if (handles.with_out) argument = &made;
      }
    };
    std::apply([&](auto&... each) { (put(each), ...); }, arguments);
    return std::apply(function, arguments);
  };
}

template <typename... Arguments>
constexpr bool takes_handle(castalia_status (*)(Arguments...)) {
  return (is_handle<Arguments> || ...);
}

struct Case {
  std::string name;
  std::function<castalia_status(const Handles&)> call;
  bool takes_handle;
  castalia_status of_null;  // every pointer null, every number zero
  castalia_status of_live;  // the same with live handles
};

#define CASE(name, of_null, of_live)                                                           \
  Case {                                                                                       \
#name, with_nothing_else(name), takes_handle(name), CASTALIA_##of_null, CASTALIA_##of_live \
  }

// Functions that return no status are tested in header_test.c.
const std::set<std::string> kOthers = {"castalia_status_name", "castalia_last_error",
                                       "castalia_version", "castalia_abi_version"};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      CASE(castalia_array_dense, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_context_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_context_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_context_destroy, OK, OK),
      CASE(castalia_context_set_threads, OK, OK),
      CASE(castalia_context_set_device, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_context_set_log, OK, OK),
      CASE(castalia_info, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_config_destroy, OK, OK),
      CASE(castalia_config_set_integer, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_set_real, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_set_boolean, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_set_text, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_set_json, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_config_json, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_catalogue, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_transformers, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_adversarial, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_bijections, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_training_fields, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_dataset_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_dataset_open, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_dataset_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_dataset_destroy, OK, OK),
      CASE(castalia_dataset_shape, INVALID_ARGUMENT, OK),
      CASE(castalia_dataset_read, INVALID_ARGUMENT, OK),
      CASE(castalia_dataset_weights, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_dataset_describe, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_dataset_observe, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_evaluate, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_metrics, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_observable_sets, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_model_destroy, OK, OK),
      CASE(castalia_model_fit, INVALID_ARGUMENT, BUSY),
      CASE(castalia_model_sample, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_log_prob, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_transform, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_inverse, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_encode, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_save, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_load, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_convert, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_shape, INVALID_ARGUMENT, OK),
      CASE(castalia_model_describe, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_plan, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_export, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_get_parameters, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_set_parameters, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_sampler_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_sampler_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_sampler_destroy, OK, OK),
      CASE(castalia_sampler_next, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_sampler_seek, INVALID_ARGUMENT, OK),
      CASE(castalia_sampler_tell, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_trainer_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_trainer_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_trainer_destroy, OK, OK),
      CASE(castalia_trainer_advance, INVALID_ARGUMENT, OK),
      CASE(castalia_trainer_status, INVALID_ARGUMENT, OK),
      CASE(castalia_trainer_checkpoint, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_trainer_history, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_trainer_finish, INVALID_ARGUMENT, OK),
      CASE(castalia_uniform, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_normal, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_targets, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_target_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_target_create_callback, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_target_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_target_destroy, OK, OK),
      CASE(castalia_target_describe, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_target_log_density, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_fit_target, INVALID_ARGUMENT, BUSY),
      CASE(castalia_trainer_create_target, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_weigh, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_model_score, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_surrogate_fields, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_surrogate_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_surrogate_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_surrogate_destroy, OK, OK),
      CASE(castalia_surrogate_advance, INVALID_ARGUMENT, OK),
      CASE(castalia_surrogate_status, INVALID_ARGUMENT, OK),
      CASE(castalia_surrogate_describe, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_event_writer_create, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_event_writer_retain, INVALID_ARGUMENT, OK),
      CASE(castalia_event_writer_destroy, OK, OK),
      CASE(castalia_event_writer_write, INVALID_ARGUMENT, OUT_OF_RANGE),
      CASE(castalia_event_writer_close, INVALID_ARGUMENT, OK),
      CASE(castalia_hdf5_shape, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_hdf5_read, INVALID_ARGUMENT, INVALID_ARGUMENT),
      CASE(castalia_hdf5_write, INVALID_ARGUMENT, INVALID_ARGUMENT),
  };
  return all;
}

// Live objects. The sampler's model is busy for training; the trainer has one of its own.
Handles made() {
  Handles out;
  TOY(castalia_context_create(&out.context));
  out.config = toy_config("{}");
  out.dataset = toy_dataset();
  castalia_model* trained = toy_model(out.context);
  TOY(toy_fit(trained, R"({"steps": 1, "batch": 64})", nullptr, nullptr));
  out.model = trained;
  TOY(castalia_sampler_create(out.model, 0, &out.sampler));
  castalia_model* other = toy_model(out.context);
  TOY(castalia_trainer_create(other, out.dataset, nullptr, &out.trainer));
  TOY(castalia_model_destroy(other));  // the trainer keeps it
  const std::string path = testing::TempDir() + "arguments.lhe";
  TOY(castalia_event_writer_create(nullptr, path.c_str(), "lhe", nullptr, &out.writer));
  TOY(castalia_target_create(nullptr, "ring", nullptr, &out.target));
  castalia_config* fields = toy_config(R"({"features": 1, "context_features": 1})");
  castalia_model* generator = nullptr;
  TOY(castalia_model_create(nullptr, "gan", fields, &generator));
  double start[] = {0};
  const int64_t shape[] = {1};
  castalia_array parameters;
  TOY(castalia_array_dense(start, CASTALIA_FLOAT64, 1, shape, &parameters));
  const castalia_simulator_callback simulator = [](int64_t, const double*, int64_t, int64_t,
                                                   const double*, int64_t, int64_t, double*,
                                                   void*) { return 0; };
  TOY(castalia_surrogate_create(generator, nullptr, nullptr, &parameters, nullptr, nullptr,
                                simulator, nullptr, &out.surrogate));
  TOY(castalia_model_destroy(generator));  // the surrogate keeps it
  TOY(castalia_config_destroy(fields));
  return out;
}

void destroy(const Handles& handles) {
  EXPECT_EQ(castalia_surrogate_destroy(handles.surrogate), CASTALIA_OK);
  EXPECT_EQ(castalia_target_destroy(handles.target), CASTALIA_OK);
  EXPECT_EQ(castalia_event_writer_destroy(handles.writer), CASTALIA_OK);
  EXPECT_EQ(castalia_trainer_destroy(handles.trainer), CASTALIA_OK);
  EXPECT_EQ(castalia_sampler_destroy(handles.sampler), CASTALIA_OK);
  EXPECT_EQ(castalia_model_destroy(handles.model), CASTALIA_OK);
  EXPECT_EQ(castalia_dataset_destroy(handles.dataset), CASTALIA_OK);
  EXPECT_EQ(castalia_config_destroy(handles.config), CASTALIA_OK);
  EXPECT_EQ(castalia_context_destroy(handles.context), CASTALIA_OK);
}

// Numbers that were never handles.
Handles never_made(uintptr_t number) {
  Handles out;
  out.with_out = true;
  out.context = reinterpret_cast<castalia_context*>(number);
  out.config = reinterpret_cast<castalia_config*>(number);
  out.dataset = reinterpret_cast<castalia_dataset*>(number);
  out.model = reinterpret_cast<castalia_model*>(number);
  out.sampler = reinterpret_cast<castalia_sampler*>(number);
  out.trainer = reinterpret_cast<castalia_trainer*>(number);
  out.writer = reinterpret_cast<castalia_event_writer*>(number);
  out.target = reinterpret_cast<castalia_target*>(number);
  out.surrogate = reinterpret_cast<castalia_surrogate*>(number);
  return out;
}

// Live handles, each in the place of another kind.
Handles exchanged(const Handles& live) {
  Handles out;
  out.with_out = true;
  out.context = reinterpret_cast<castalia_context*>(live.config);
  out.config = reinterpret_cast<castalia_config*>(live.dataset);
  out.dataset = reinterpret_cast<castalia_dataset*>(live.model);
  out.model = reinterpret_cast<castalia_model*>(live.sampler);
  out.sampler = reinterpret_cast<castalia_sampler*>(live.trainer);
  out.trainer = reinterpret_cast<castalia_trainer*>(live.writer);
  out.writer = reinterpret_cast<castalia_event_writer*>(live.target);
  out.target = reinterpret_cast<castalia_target*>(live.surrogate);
  out.surrogate = reinterpret_cast<castalia_surrogate*>(live.context);
  return out;
}

// The call returns this status, and a failure leaves a message.
void expect(const Case& of, const Handles& handles, castalia_status status) {
  const castalia_status got = of.call(handles);
  EXPECT_EQ(got, status) << of.name << ": " << castalia_status_name(got) << ": "
                         << castalia_last_error();
  if (status != CASTALIA_OK) {
    EXPECT_STRNE(castalia_last_error(), "") << of.name;
  }
}

TEST(Arguments, TheTableHoldsEveryFunction) {
  std::ifstream file(symbols_path);
  std::set<std::string> listed(std::istream_iterator<std::string>(file), {});
  ASSERT_GT(listed.size(), 60U);
  std::set<std::string> tested = kOthers;
  for (const Case& each : cases()) tested.insert(each.name);
  EXPECT_EQ(tested, listed);
}

TEST(Arguments, NullIsRefusedWhereSomethingIsNeeded) {
  for (const Case& each : cases()) expect(each, {}, each.of_null);
  TOY(castalia_context_set_threads(nullptr, 1,
                                   0));  // the table has set them for the default context
}

TEST(Arguments, NullBesideLiveHandlesIsRefusedWhereSomethingIsNeeded) {
  const Handles live = made();
  std::map<std::string, const Case*> table;
  for (const Case& each : cases()) table[each.name] = &each;
  for (const Case& each : cases()) {
    // A call that counts owners has its counterpart, so that the objects live on.
    const size_t place = each.name.rfind('_') + 1;
    const std::string object = each.name.substr(0, place);
    const std::string verb = each.name.substr(place);
    if (verb == "destroy") expect(*table.at(object + "retain"), live, CASTALIA_OK);
    expect(each, live, each.of_live);
    if (verb == "retain") expect(*table.at(object + "destroy"), live, CASTALIA_OK);
  }
  destroy(live);
}

TEST(Arguments, DestroyedHandlesAreRecognised) {
  Handles dead = made();
  destroy(dead);
  dead.with_out = true;
  // Others have taken their places meanwhile.
  const Handles live = made();
  for (const Case& each : cases()) {
    if (each.takes_handle) expect(each, dead, CASTALIA_INVALID_HANDLE);
  }
  destroy(live);
}

TEST(Arguments, NumbersThatWereNeverHandlesAreRecognised) {
  for (const uintptr_t number : {uintptr_t{1}, uintptr_t{0x1234}, uintptr_t{1} << 32,
                                 uintptr_t{0x7fff00000001}, ~uintptr_t{0}}) {
    for (const Case& each : cases()) {
      if (each.takes_handle) expect(each, never_made(number), CASTALIA_INVALID_HANDLE);
    }
  }
}

TEST(Arguments, HandlesOfAnotherKindAreRecognised) {
  const Handles live = made();
  for (const Case& each : cases()) {
    if (each.takes_handle) expect(each, exchanged(live), CASTALIA_INVALID_HANDLE);
  }
  destroy(live);
}

// A failed call has made nothing: with `out` null there would be nobody to destroy it, and the
// model of a trainer would be busy for ever.
TEST(Arguments, NothingIsMadeWithoutAPlaceForIt) {
  const Handles live = made();
  castalia_model* model = toy_model(nullptr);
  EXPECT_EQ(castalia_trainer_create(model, live.dataset, nullptr, nullptr),
            CASTALIA_INVALID_ARGUMENT);
  castalia_trainer* trainer = nullptr;
  EXPECT_EQ(castalia_trainer_create(model, live.dataset, nullptr, &trainer), CASTALIA_OK)
      << castalia_last_error();
  TOY(castalia_trainer_destroy(trainer));
  TOY(castalia_model_destroy(model));
  destroy(live);
}

TEST(Arguments, OutIsNullAfterAFailure) {
  auto* model = reinterpret_cast<castalia_model*>(uintptr_t{1});
  EXPECT_EQ(castalia_model_create(nullptr, "no_such_flow", nullptr, &model), CASTALIA_NOT_FOUND);
  EXPECT_EQ(model, nullptr);
}

// An array whose extents multiply beyond what can be counted, and others that make no sense.
TEST(Arguments, ArraysThatMakeNoSenseAreRefused) {
  const Handles live = made();
  double number = 0;
  const auto refused = [&](const char* what, castalia_status status,
                           const std::function<void(castalia_array&)>& spoil) {
    castalia_array array = toy_array(&number, 1, TOY_FEATURES);
    spoil(array);
    EXPECT_EQ(castalia_model_sample(live.model, 1, 0, nullptr, &array), status)
        << what << ": " << castalia_last_error();
    EXPECT_EQ(castalia_sampler_next(live.sampler, nullptr, &array), status)
        << what << ": " << castalia_last_error();
    castalia_dataset* none = nullptr;
    if (status != CASTALIA_SHAPE_MISMATCH || array.rank != 2) {
      EXPECT_EQ(castalia_dataset_create(nullptr, &array, nullptr, nullptr, &none), status) << what;
    }
  };
  refused("no data", CASTALIA_INVALID_ARGUMENT, [](castalia_array& a) { a.data = nullptr; });
  refused("rank 1", CASTALIA_SHAPE_MISMATCH, [](castalia_array& a) { a.rank = 1; });
  refused("rank 9", CASTALIA_SHAPE_MISMATCH, [](castalia_array& a) { a.rank = 9; });
  refused("rank -1", CASTALIA_SHAPE_MISMATCH, [](castalia_array& a) { a.rank = -1; });
  refused("extent -1", CASTALIA_SHAPE_MISMATCH, [](castalia_array& a) { a.shape[0] = -1; });
  refused("integers", CASTALIA_DTYPE_MISMATCH, [](castalia_array& a) { a.dtype = CASTALIA_INT64; });
  refused("element type 17", CASTALIA_DTYPE_MISMATCH, [](castalia_array& a) { a.dtype = 17; });
  refused("on a device", CASTALIA_DEVICE_UNAVAILABLE,
          [](castalia_array& a) { a.device_kind = CASTALIA_CUDA; });
  refused("2^62 rows", CASTALIA_OUT_OF_MEMORY,
          [](castalia_array& a) { a.shape[0] = int64_t{1} << 62; });
  castalia_array array;
  const int64_t huge[] = {int64_t{1} << 40, int64_t{1} << 40};
  EXPECT_EQ(castalia_array_dense(&number, CASTALIA_FLOAT64, 2, huge, &array),
            CASTALIA_OUT_OF_RANGE);
  EXPECT_EQ(castalia_array_dense(&number, static_cast<castalia_dtype>(5), 1, huge, &array),
            CASTALIA_INVALID_ARGUMENT);
  EXPECT_EQ(castalia_array_dense(&number, CASTALIA_FLOAT64, 9, huge, &array),
            CASTALIA_OUT_OF_RANGE);
  destroy(live);
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count != 2) {
    std::cerr << "usage: arguments_test SYMBOLS\n";
    return 2;
  }
  symbols_path = arguments[1];
  return RUN_ALL_TESTS();
}
