// oneDNN, opened when it is first asked for: loading it costs more than a small model's first
// event, and most Programs need none of it.
//
// Code that uses oneDNN includes its headers as usual and calls open_onednn() before anything else
// of it. The C functions that dnnl.hpp calls are defined in onednn_library.cc and go on to the
// library; one that is missing there shows as an undefined symbol when linking.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ONEDNN_LIBRARY_H_
#define CASTALIA_CPP_RUNTIME_CPU_ONEDNN_LIBRARY_H_

#include <string>

namespace castalia::cpu {

// Opens oneDNN once in the life of the process and applies our limit of the instruction set to it.
// False, with the reason, when it cannot be had; that is not an error, for every operator has
// another kernel. The file is the one that CASTALIA_ONEDNN_LIBRARY names, else the private copy
// that an installation has, else the system's. Any thread.
bool open_onednn(std::string* refusal);

// Whether oneDNN multiplies bfloat16 matrices by instructions that the processor has and that the
// environment (CASTALIA_MAX_CPU_ISA, ONEDNN_MAX_CPU_ISA) does not forbid; the reason when not.
bool has_bfloat16_products(std::string* reason);

// oneDNN runs on as many threads as OpenMP would give the caller. While one of these lives, that is
// one. The setting belongs to the calling thread, so changing it for the length of a call disturbs
// nobody. Only after open_onednn().
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ONEDNN_LIBRARY_H_
