// The part of the table that speaks to HepMC3.
#ifndef CASTALIA_CPP_IO_LIBRARY_HEPMC3_FUNCTIONS_H_
#define CASTALIA_CPP_IO_LIBRARY_HEPMC3_FUNCTIONS_H_

#include "cpp/io/io_library.h"

namespace castalia {

void set_hepmc3_functions(CastaliaIoLibrary& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_LIBRARY_HEPMC3_FUNCTIONS_H_
