#include "cpp/runtime/cpu/onednn_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"
#include "oneapi/dnnl/dnnl.h"

namespace castalia::cpu {
namespace {

struct Opened {
  void* handle = nullptr;
  std::string refusal;
};

// The limit that CASTALIA_MAX_CPU_ISA sets holds for oneDNN too; its own variable it reads itself.
void limit_isa() {
  ensure_dispatch();
  const std::string target = active_target();
  if (target == "AVX2") {
    // Wider limits of oneDNN's own (AVX2_VNNI) do not change float products.
    dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
  } else if (target == "SSE4" || target == "SCALAR") {
    dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
  }
}

Opened open() {
  std::vector<std::string> names = {"libcastalia_dnnl.so.3", "libdnnl.so.3"};
  const char* chosen = std::getenv("CASTALIA_ONEDNN_LIBRARY");
  if (chosen != nullptr && *chosen != '\0') names = {chosen};
  Opened opened;
  for (const std::string& name : names) {
    opened.handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (opened.handle != nullptr) break;
    opened.refusal = std::string("oneDNN cannot be loaded: ") + dlerror();
  }
  return opened;
}

// Never closed.
const Opened& opened() {
  static const Opened result = open();
  return result;
}

// In an installation every symbol of the private copy has our prefix, so that a host that brings
// oneDNN too meets no second one.
template <typename Function>
Function find(const char* name) {
  check(opened().handle != nullptr, "oneDNN is used before open_onednn()");
  void* symbol = dlsym(opened().handle, (std::string("castalia_") + name).c_str());
  if (symbol == nullptr) symbol = dlsym(opened().handle, name);
  if (symbol == nullptr) fail(Code::internal, "oneDNN has no '", name, "'");
  return reinterpret_cast<Function>(symbol);
}

// OpenMP's functions come with oneDNN, under their own names.
int omp_get_max_threads() {
  static const auto function = find<int (*)()>("omp_get_max_threads");
  return function();
}

void omp_set_num_threads(int threads) {
  static const auto function = find<void (*)(int)>("omp_set_num_threads");
  function(threads);
}

}  // namespace

bool open_onednn(std::string* refusal) {
  if (opened().handle == nullptr) {
    *refusal = opened().refusal;
    return false;
  }
  // oneDNN takes no limit after its first primitive.
  static const bool limited = (limit_isa(), true);
  return limited;
}

bool has_bfloat16_products(std::string* reason) {
  if (!open_onednn(reason)) return false;
  const auto usable = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
  constexpr auto kNeeded = static_cast<unsigned>(dnnl_cpu_isa_avx512_core_bf16);
  if ((usable & kNeeded) == kNeeded) return true;
  *reason = "the processor has no AVX512_BF16, or the environment forbids it";
  return false;
}

OneThread::OneThread() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}

OneThread::~OneThread() {
  if (before_ != 1) omp_set_num_threads(before_);
}

}  // namespace castalia::cpu

// The functions of oneDNN's C interface that our code and dnnl.hpp call, found on first use.
#define CASTALIA_FORWARD(result, name, parameters, ...)                         \
  result name parameters {                                                      \
    static const auto function = castalia::cpu::find<decltype(&::name)>(#name); \
    return function(__VA_ARGS__);                                               \
  }

using Status = dnnl_status_t;
using Md = const_dnnl_memory_desc_t;
using Pd = dnnl_primitive_desc_t;
using Attributes = const_dnnl_primitive_attr_t;

extern "C" {

CASTALIA_FORWARD(Status, dnnl_set_max_cpu_isa, (dnnl_cpu_isa_t isa), isa)
CASTALIA_FORWARD(dnnl_cpu_isa_t, dnnl_get_effective_cpu_isa, (void))
CASTALIA_FORWARD(Status, dnnl_engine_create,
                 (dnnl_engine_t * out, dnnl_engine_kind_t kind, size_t index), out, kind, index)
CASTALIA_FORWARD(Status, dnnl_engine_destroy, (dnnl_engine_t engine), engine)
CASTALIA_FORWARD(Status, dnnl_stream_create,
                 (dnnl_stream_t * out, dnnl_engine_t engine, unsigned flags), out, engine, flags)
CASTALIA_FORWARD(Status, dnnl_stream_destroy, (dnnl_stream_t stream), stream)

CASTALIA_FORWARD(Status, dnnl_memory_create_v2,
                 (dnnl_memory_t * out, Md md, dnnl_engine_t engine, int count, void** handles), out,
                 md, engine, count, handles)
CASTALIA_FORWARD(Status, dnnl_memory_destroy, (dnnl_memory_t memory), memory)
CASTALIA_FORWARD(Status, dnnl_memory_set_data_handle, (dnnl_memory_t memory, void* data), memory,
                 data)
CASTALIA_FORWARD(Status, dnnl_memory_desc_clone, (dnnl_memory_desc_t * out, Md md), out, md)
CASTALIA_FORWARD(Status, dnnl_memory_desc_create_with_strides,
                 (dnnl_memory_desc_t * out, int rank, const dnnl_dims_t extents,
                  dnnl_data_type_t type, const dnnl_dims_t strides),
                 out, rank, extents, type, strides)
CASTALIA_FORWARD(Status, dnnl_memory_desc_create_with_tag,
                 (dnnl_memory_desc_t * out, int rank, const dnnl_dims_t extents,
                  dnnl_data_type_t type, dnnl_format_tag_t tag),
                 out, rank, extents, type, tag)
CASTALIA_FORWARD(Status, dnnl_memory_desc_destroy, (dnnl_memory_desc_t md), md)
CASTALIA_FORWARD(size_t, dnnl_memory_desc_get_size_v2, (Md md, int index), md, index)
CASTALIA_FORWARD(int, dnnl_memory_desc_equal, (Md left, Md right), left, right)

CASTALIA_FORWARD(Status, dnnl_primitive_attr_create, (dnnl_primitive_attr_t * out), out)
CASTALIA_FORWARD(Status, dnnl_primitive_attr_destroy, (dnnl_primitive_attr_t attributes),
                 attributes)
CASTALIA_FORWARD(Status, dnnl_primitive_attr_set_post_ops,
                 (dnnl_primitive_attr_t attributes, const_dnnl_post_ops_t after), attributes, after)
CASTALIA_FORWARD(Status, dnnl_primitive_attr_set_scratchpad_mode,
                 (dnnl_primitive_attr_t attributes, dnnl_scratchpad_mode_t mode), attributes, mode)
CASTALIA_FORWARD(Status, dnnl_primitive_attr_set_fpmath_mode,
                 (dnnl_primitive_attr_t attributes, dnnl_fpmath_mode_t mode), attributes, mode)
CASTALIA_FORWARD(Status, dnnl_post_ops_create, (dnnl_post_ops_t * out), out)
CASTALIA_FORWARD(Status, dnnl_post_ops_destroy, (dnnl_post_ops_t after), after)
CASTALIA_FORWARD(Status, dnnl_post_ops_append_eltwise,
                 (dnnl_post_ops_t after, dnnl_alg_kind_t kind, float alpha, float beta), after,
                 kind, alpha, beta)

CASTALIA_FORWARD(Status, dnnl_primitive_desc_query,
                 (const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index, void* out), pd,
                 what, index, out)
CASTALIA_FORWARD(Md, dnnl_primitive_desc_query_md,
                 (const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index), pd, what, index)
CASTALIA_FORWARD(Status, dnnl_primitive_desc_destroy, (Pd pd), pd)
CASTALIA_FORWARD(Status, dnnl_primitive_create,
                 (dnnl_primitive_t * out, const_dnnl_primitive_desc_t pd), out, pd)
CASTALIA_FORWARD(Status, dnnl_primitive_destroy, (dnnl_primitive_t primitive), primitive)
CASTALIA_FORWARD(Status, dnnl_primitive_execute,
                 (const_dnnl_primitive_t primitive, dnnl_stream_t stream, int count,
                  const dnnl_exec_arg_t* arguments),
                 primitive, stream, count, arguments)

CASTALIA_FORWARD(Status, dnnl_matmul_primitive_desc_create,
                 (Pd * out, dnnl_engine_t engine, Md a, Md b, Md bias, Md c, Attributes attributes),
                 out, engine, a, b, bias, c, attributes)
CASTALIA_FORWARD(Status, dnnl_reorder_primitive_desc_create,
                 (Pd * out, Md from, dnnl_engine_t from_engine, Md to, dnnl_engine_t to_engine,
                  Attributes attributes),
                 out, from, from_engine, to, to_engine, attributes)
CASTALIA_FORWARD(Status, dnnl_convolution_forward_primitive_desc_create,
                 (Pd * out, dnnl_engine_t engine, dnnl_prop_kind_t use, dnnl_alg_kind_t kind, Md x,
                  Md w, Md bias, Md y, const dnnl_dims_t strides, const dnnl_dims_t dilations,
                  const dnnl_dims_t before, const dnnl_dims_t after, Attributes attributes),
                 out, engine, use, kind, x, w, bias, y, strides, dilations, before, after,
                 attributes)
CASTALIA_FORWARD(Status, dnnl_convolution_backward_data_primitive_desc_create,
                 (Pd * out, dnnl_engine_t engine, dnnl_alg_kind_t kind, Md dx, Md w, Md dy,
                  const dnnl_dims_t strides, const dnnl_dims_t dilations, const dnnl_dims_t before,
                  const dnnl_dims_t after, const_dnnl_primitive_desc_t forward,
                  Attributes attributes),
                 out, engine, kind, dx, w, dy, strides, dilations, before, after, forward,
                 attributes)
CASTALIA_FORWARD(Status, dnnl_convolution_backward_weights_primitive_desc_create,
                 (Pd * out, dnnl_engine_t engine, dnnl_alg_kind_t kind, Md x, Md dw, Md dbias,
                  Md dy, const dnnl_dims_t strides, const dnnl_dims_t dilations,
                  const dnnl_dims_t before, const dnnl_dims_t after,
                  const_dnnl_primitive_desc_t forward, Attributes attributes),
                 out, engine, kind, x, dw, dbias, dy, strides, dilations, before, after, forward,
                 attributes)

}  // extern "C"
