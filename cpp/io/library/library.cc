#include "cpp/io/io_library.h"
#include "cpp/io/library/hdf5_functions.h"
#include "cpp/io/library/hepmc3_functions.h"

extern "C" __attribute__((visibility("default"))) const CastaliaIoLibrary* castalia_io_library() {
  static const CastaliaIoLibrary table = [] {
    CastaliaIoLibrary out{};
    out.version = kCastaliaIoVersion;
    castalia::set_hdf5_functions(out);
    castalia::set_hepmc3_functions(out);
    return out;
  }();
  return &table;
}
