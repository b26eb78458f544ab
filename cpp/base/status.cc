#include "cpp/base/status.h"

namespace castalia {

const char* name(Code code) {
  switch (code) {
    case Code::ok: return "OK";
    case Code::invalid_argument: return "INVALID_ARGUMENT";
    case Code::invalid_handle: return "INVALID_HANDLE";
    case Code::not_found: return "NOT_FOUND";
    case Code::out_of_range: return "OUT_OF_RANGE";
    case Code::shape_mismatch: return "SHAPE_MISMATCH";
    case Code::dtype_mismatch: return "DTYPE_MISMATCH";
    case Code::not_finite: return "NOT_FINITE";
    case Code::empty_data: return "EMPTY_DATA";
    case Code::io_error: return "IO_ERROR";
    case Code::corrupt_file: return "CORRUPT_FILE";
    case Code::newer_version: return "NEWER_VERSION";
    case Code::out_of_memory: return "OUT_OF_MEMORY";
    case Code::busy: return "BUSY";
    case Code::cancelled: return "CANCELLED";
    case Code::callback_failed: return "CALLBACK_FAILED";
    case Code::unsupported: return "UNSUPPORTED";
    case Code::device_unavailable: return "DEVICE_UNAVAILABLE";
    case Code::numerical: return "NUMERICAL";
    case Code::internal: return "INTERNAL";
  }
  return "UNKNOWN";
}

}  // namespace castalia
