// Random numbers for the host, event files, HDF5.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/base/philox.h"
#include "cpp/io/events.h"
#include "cpp/io/hdf5.h"

namespace castalia::capi {
namespace {

// Stages of the host; models draw from others (cpp/nn/stages.h).
constexpr int32_t kHostStages = 1000;

using Fill = void (*)(const Stream&, std::span<double>, uint32_t);

castalia_status draw(uint64_t seed, int64_t first_event, int32_t stage, const castalia_array* x, Fill fill) {
  return call([&] {
    const Shape shape = expect_shape(x, "x", {-1, -1}, "(events, numbers)");
    if (first_event < 0) fail(Code::out_of_range, "first_event is ", first_event, "; allowed: 0 or more");
    if (stage < 0 || stage >= kHostStages) {
      fail(Code::out_of_range, "stage is ", stage, "; allowed: 0 to ", kHostStages - 1);
    }
    const Output out(x, 2);
    const auto columns = static_cast<size_t>(shape[1]);
    for (int64_t i = 0; i < shape[0]; ++i) {
      const Stream stream{seed, static_cast<uint64_t>(first_event + i), static_cast<uint16_t>(stage)};
      fill(stream, out.values().subspan(static_cast<size_t>(i) * columns, columns), 0);
    }
    out.store();
  });
}

}  // namespace

extern "C" {

castalia_status castalia_uniform(uint64_t seed, int64_t first_event, int32_t stage, const castalia_array* x) {
  return draw(seed, first_event, stage, x, fill_uniform);
}
castalia_status castalia_normal(uint64_t seed, int64_t first_event, int32_t stage, const castalia_array* x) {
  return draw(seed, first_event, stage, x, fill_normal);
}

castalia_status castalia_array_dense(void* data, castalia_dtype dtype, int32_t rank, const int64_t* shape,
                                     castalia_array* array) {
  return call([&] {
    if (rank < 0 || rank > CASTALIA_MAX_RANK) {
      fail(Code::out_of_range, "rank is ", rank, "; allowed: 0 to ", CASTALIA_MAX_RANK);
    }
    if (dtype < CASTALIA_FLOAT32 || dtype > CASTALIA_INT64) {
      fail(Code::invalid_argument, "unknown element type ", static_cast<int>(dtype));
    }
    if (rank > 0) required(shape, "shape");
    castalia_array made = {};
    int64_t step = 1;
    for (int32_t axis = rank - 1; axis >= 0; --axis) {
      if (shape[axis] < 0) fail(Code::out_of_range, "extent ", shape[axis], " of axis ", axis, " is negative");
      made.shape[axis] = shape[axis];
      made.strides[axis] = step;
      if (__builtin_mul_overflow(step, shape[axis], &step)) fail(Code::out_of_range, "the size overflows");
    }
    made.data = data;
    made.dtype = dtype;
    made.rank = rank;
    made.device_kind = CASTALIA_CPU;
    required(array, "array") = made;
  });
}

}  // extern "C"

}  // namespace castalia::capi
