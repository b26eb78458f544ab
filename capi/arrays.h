// The caller's arrays, seen as dense row-major float64.
#ifndef CASTALIA_CAPI_ARRAYS_H_
#define CASTALIA_CAPI_ARRAYS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capi/castalia.h"
#include "cpp/base/shape.h"
#include "models/rows.h"

namespace castalia::capi {

// Where arrays may lie beside the host: on the device that computes, if the call takes such.
struct Devices {
  bool taken = false;
  const Device* device = nullptr;  // null: the host computes
};

// Checks an array and gives its shape. `name` stands in errors: invalid_argument (null, no data),
// dtype_mismatch (not float32 or float64), device_unavailable (on a device that is not that of
// `devices`, or not dense there), shape_mismatch.
Shape checked_shape(const castalia_array* array, const char* name, Devices devices = {});

// The same; and its rank and extents must be those expected, -1 standing for any extent. `meaning`
// says what they are: "(events, features)".
Shape expect_shape(const castalia_array* array, const char* name,
                   std::initializer_list<int64_t> extents, const char* meaning,
                   Devices devices = {});

// An array that is read: the caller's memory where that is dense float64, else a copy. Borrows a
// buffer of its thread, so that repeated calls allocate nothing. At most one object a slot at a
// time.
class Input {
 public:
  Input(const castalia_array* array, int slot);
  std::span<const double> values() const { return values_; }

 private:
  std::span<const double> values_;
};

// A checked array of events, (rows, columns) or (rows), to be read or to be written as it lies
// there; on the host it is read as Input does.
RowsIn rows_in(const castalia_array* array, int slot, Devices devices);
RowsOut rows_out(const castalia_array* array, Devices devices);

// An array that is written: straight into the caller's memory where that is dense float64; store()
// writes it elsewhere.
class Output {
 public:
  Output(const castalia_array* array, int slot);
  std::span<double> values() const { return values_; }
  void store() const;

 private:
  const castalia_array& array_;
  bool direct_;
  std::span<double> values_;
};

// Writes all of an array at once.
void store(std::span<const double> values, const castalia_array* array);

// Error (not_finite) with row and column of the first element that is NaN or infinite.
void require_finite(std::span<const double> values, int64_t columns, const char* name);

}  // namespace castalia::capi

#endif  // CASTALIA_CAPI_ARRAYS_H_
