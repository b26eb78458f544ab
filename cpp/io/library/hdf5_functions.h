// The part of the table that speaks to HDF5.
#ifndef CASTALIA_CPP_IO_LIBRARY_HDF5_FUNCTIONS_H_
#define CASTALIA_CPP_IO_LIBRARY_HDF5_FUNCTIONS_H_

#include "cpp/io/io_library.h"

namespace castalia {

void set_hdf5_functions(CastaliaIoLibrary& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_LIBRARY_HDF5_FUNCTIONS_H_
