// Data sets.
#include <algorithm>
#include <cmath>
#include <vector>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/io/hdf5.h"

namespace castalia::capi {
namespace {

std::vector<double> copied(const castalia_array* array) {
  const Input input(array, 0);
  return {input.values().begin(), input.values().end()};
}

std::shared_ptr<DatasetObject> checked(Dataset data) {
  if (data.rows == 0) fail(Code::empty_data, "x: no events");
  if (data.features == 0) fail(Code::empty_data, "x: no features");
  require_finite(data.x, data.features, "x");
  require_finite(data.context, data.context_features, "context");
  require_finite(data.weights, 1, "weights");
  double total = 0;
  for (size_t i = 0; i < data.weights.size(); ++i) {
    if (data.weights[i] < 0) {
      fail(Code::out_of_range, "weights: row ", i, " is ", data.weights[i], "; allowed: 0 or more");
    }
    total += data.weights[i];
  }
  if (!data.weights.empty() && total == 0) fail(Code::out_of_range, "weights: all are zero");
  auto object = std::make_shared<DatasetObject>();
  object->data = std::make_shared<const Dataset>(std::move(data));
  return object;
}

// Rows and the product of the other extents.
std::vector<double> read_columns(const char* path, const char* dataset, int64_t* rows,
                                 int64_t* columns) {
  const Shape shape = hdf5_shape(path, dataset);
  *rows = shape.rank() > 0 ? shape[0] : 1;
  *columns = shape.rank() > 0 ? shape.count(1, shape.rank()) : 1;
  std::vector<double> values(static_cast<size_t>(shape.count()));
  hdf5_read(path, dataset, 0, *rows, DType::float64, values.data());
  return values;
}

void same_rows(const char* name, int64_t rows, int64_t expected) {
  if (rows != expected) {
    fail(Code::shape_mismatch, name, " has ", rows, " rows, x has ", expected);
  }
}

void check_events(const Dataset& data, int64_t first, int64_t count) {
  if (first < 0 || count > data.rows - first) {
    fail(Code::out_of_range, "events ", first, " to ", first + count, " of ", data.rows);
  }
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_dataset_create(castalia_context* context,
                                                     const castalia_array* x,
                                                     const castalia_array* condition,
                                                     const castalia_array* weights,
                                                     castalia_dataset** out) {
  return call_making(out, [&] {
    context_of(context);
    Dataset data;
    const Shape shape = expect_shape(x, "x", {-1, -1}, "(events, features)");
    data.rows = shape[0];
    data.features = shape[1];
    data.x = copied(x);
    if (condition != nullptr) {
      const Shape own =
          expect_shape(condition, "context", {data.rows, -1}, "(events, context features)");
      data.context_features = own[1];
      data.context = copied(condition);
    }
    if (weights != nullptr) {
      expect_shape(weights, "weights", {data.rows}, "(events)");
      data.weights = copied(weights);
    }
    return to_handle(checked(std::move(data)));
  });
}

CASTALIA_API castalia_status castalia_dataset_open(castalia_context* context, const char* path,
                                                   const char* x, const char* condition,
                                                   const char* weights, castalia_dataset** out) {
  return call_making(out, [&] {
    context_of(context);
    required(path, "path");
    required(x, "x");
    Dataset data;
    data.x = read_columns(path, x, &data.rows, &data.features);
    int64_t rows = 0;
    int64_t columns = 0;
    if (condition != nullptr) {
      data.context = read_columns(path, condition, &rows, &data.context_features);
      same_rows("context", rows, data.rows);
    }
    if (weights != nullptr) {
      data.weights = read_columns(path, weights, &rows, &columns);
      same_rows("weights", rows * columns, data.rows);
    }
    return to_handle(checked(std::move(data)));
  });
}

CASTALIA_API castalia_status castalia_dataset_retain(castalia_dataset* dataset) {
  return call([&] { handle_retain(Kind::dataset, reinterpret_cast<uintptr_t>(dataset)); });
}
CASTALIA_API castalia_status castalia_dataset_destroy(castalia_dataset* dataset) {
  return call([&] { handle_destroy(Kind::dataset, reinterpret_cast<uintptr_t>(dataset)); });
}

CASTALIA_API castalia_status castalia_dataset_shape(castalia_dataset* dataset, int64_t* events,
                                                    int64_t* features, int64_t* context_features) {
  return call([&] {
    const auto object = from_handle<DatasetObject>(dataset);
    if (events != nullptr) *events = object->data->rows;
    if (features != nullptr) *features = object->data->features;
    if (context_features != nullptr) *context_features = object->data->context_features;
  });
}

CASTALIA_API castalia_status castalia_dataset_read(castalia_dataset* dataset, int64_t first,
                                                   const castalia_array* x,
                                                   const castalia_array* condition) {
  return call([&] {
    const auto object = from_handle<DatasetObject>(dataset);
    const Dataset& data = *object->data;
    const auto copy = [&](const castalia_array* array, const char* name, int64_t columns,
                          const std::vector<double>& from, const char* meaning) {
      const Shape shape = expect_shape(array, name, {-1, columns}, meaning);
      check_events(data, first, shape[0]);
      const Output out(array, 0);
      std::copy_n(from.begin() + first * columns, shape.count(), out.values().begin());
      out.store();
    };
    if (x != nullptr) copy(x, "x", data.features, data.x, "(events, features)");
    if (condition != nullptr) {
      copy(condition, "context", data.context_features, data.context, "(events, context features)");
    }
  });
}

CASTALIA_API castalia_status castalia_dataset_weights(castalia_dataset* dataset, int64_t first,
                                                      const castalia_array* weights) {
  return call([&] {
    const auto object = from_handle<DatasetObject>(dataset);
    const Dataset& data = *object->data;
    const Shape shape = expect_shape(weights, "weights", {-1}, "(events)");
    check_events(data, first, shape[0]);
    const Output out(weights, 0);
    if (data.weights.empty()) {
      std::fill_n(out.values().begin(), shape[0], 1.0);
    } else {
      std::copy_n(data.weights.begin() + first, shape[0], out.values().begin());
    }
    out.store();
  });
}

}  // extern "C"

}  // namespace castalia::capi
