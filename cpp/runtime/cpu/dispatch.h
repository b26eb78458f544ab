// Which instruction set Castalia's own vector code (Google Highway) uses.
//
// Every file that includes Highway includes this header first: it fixes the set of targets that are
// compiled (AVX-512, AVX2, SSE4 and the baseline of the compiler).
#ifndef CASTALIA_CPP_RUNTIME_CPU_DISPATCH_H_
#define CASTALIA_CPP_RUNTIME_CPU_DISPATCH_H_

#if defined(HIGHWAY_HWY_DETECT_TARGETS_H_) && !defined(CASTALIA_HIGHWAY_TARGETS_SET)
#error "include cpp/runtime/cpu/dispatch.h before Highway's headers"
#endif
#define CASTALIA_HIGHWAY_TARGETS_SET
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS HWY_SSSE3
#endif

#include <string_view>

namespace castalia::cpu {

// The widest instruction set that may be used, narrowest first.
enum class Isa { scalar = 0, sse4 = 1, avx2 = 2, avx512 = 3 };

// Reads a value of ONEDNN_MAX_CPU_ISA ("SSE41", "AVX2", "AVX512_CORE_BF16", ..., upper or lower
// case) or "SCALAR". AVX without AVX2 counts as SSE4: we have no code between the two.
// Returns false when the name is unknown.
bool parse_isa(std::string_view text, Isa* isa);

// Applies the limits that the environment sets, once in the life of the process:
// CASTALIA_MAX_CPU_ISA, and ONEDNN_MAX_CPU_ISA (or DNNL_MAX_CPU_ISA) so that one variable governs
// both libraries; the narrower wins. Call it before any function that dispatches through Highway;
// it costs a load and a branch after the first call, and any thread may call it.
// Throws Error(invalid_argument) when CASTALIA_MAX_CPU_ISA is unknown. (oneDNN ignores unknown
// values of its own variable, and so do we.)
void ensure_dispatch();

// The instruction set in use: "AVX3" (AVX-512), "AVX2", "SSE4" or "SCALAR".
const char* active_target();

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_DISPATCH_H_
