#include "cpp/runtime/cpu/dispatch.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/dispatch.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "cpp/base/status.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
const char* target_name() { return hwy::TargetName(HWY_TARGET); }
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(target_name);

// Highway's bits for the instruction sets wider than `isa`. A smaller bit is a wider set.
int64_t wider_targets(Isa isa) {
  switch (isa) {
    case Isa::scalar: return HWY_AVX3_DL | HWY_AVX3 | HWY_AVX2 | HWY_SSE4 | HWY_SSSE3;
    case Isa::sse4: return HWY_AVX3_DL | HWY_AVX3 | HWY_AVX2;
    case Isa::avx2: return HWY_AVX3_DL | HWY_AVX3;
    case Isa::avx512: break;
  }
  return 0;
}

bool apply_environment() {
  Isa limit = Isa::avx512;
  Isa isa;
  for (const char* variable : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr) continue;
    if (parse_isa(value, &isa)) limit = std::min(limit, isa);
    break;  // the first one set is the one that oneDNN reads
  }
  if (const char* value = std::getenv("CASTALIA_MAX_CPU_ISA"); value != nullptr && *value != 0) {
    if (!parse_isa(value, &isa)) {
      fail(Code::invalid_argument, "CASTALIA_MAX_CPU_ISA: unknown instruction set \"", value,
           "\"; use SCALAR, SSE41, AVX2, AVX512_CORE or DEFAULT");
    }
    limit = std::min(limit, isa);
  }
  hwy::DisableTargets(wider_targets(limit));
  return true;
}

}  // namespace

bool parse_isa(std::string_view text, Isa* isa) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "SCALAR") {
    *isa = Isa::scalar;
  } else if (upper == "SSE41" || upper == "AVX") {
    *isa = Isa::sse4;
  } else if (upper == "AVX2" || upper == "AVX2_VNNI" || upper == "AVX2_VNNI_2") {
    *isa = Isa::avx2;
  } else if (upper.starts_with("AVX512_CORE") || upper == "DEFAULT" || upper == "ALL") {
    *isa = Isa::avx512;
  } else {
    return false;
  }
  return true;
}

void ensure_dispatch() {
  // A static whose initialisation throws is tried again by the next call, so every call reports.
  static const bool applied = apply_environment();
  (void)applied;
}

const char* active_target() {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
