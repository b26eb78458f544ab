// Debian's static HDF5 is compiled for programs: it reaches for the C library's stderr and stdout
// in a way that a shared library may not. These hidden variables of the same names answer instead,
// and point to the same streams. For this to work <cstdio>, which declares the real ones, must stay
// out.
#include <dlfcn.h>

extern "C" {
void* stderr;
void* stdout;
}

namespace {

void* stream(const char* name) {
  void* const* address = static_cast<void* const*>(dlsym(RTLD_DEFAULT, name));
  return address == nullptr ? nullptr : *address;
}

__attribute__((constructor)) void find_streams() {
  stderr = stream("stderr");
  stdout = stream("stdout");
}

}  // namespace
