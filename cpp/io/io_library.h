// What libcastalia_io.so offers: a table of plain C functions. HDF5 and HepMC3 stay behind it,
// linked into that library with hidden symbols, so that a host with copies of its own never meets
// them.
//
// No exception crosses the table. A function returns 0, or the value of a Code and fills in the
// error. HDF5 handles belong to one thread at a time.
#ifndef CASTALIA_CPP_IO_IO_LIBRARY_H_
#define CASTALIA_CPP_IO_IO_LIBRARY_H_

#include <cstddef>
#include <cstdint>

extern "C" {

struct CastaliaIoError {
  char message[2048];  // ends with a zero
};

struct CastaliaIoExtents {
  int32_t dtype;  // a DType
  int32_t rank;
  int64_t extents[8];
};

struct CastaliaIoParticle {
  int32_t id;      // PDG number
  int32_t status;  // as in HepMC3: 4 beam, 2 decayed, 1 final
  double px, py, pz, energy, mass;
};

// Vertex i has the incoming particles vertex_in[vertex_in_begin[i]] ..
// vertex_in[vertex_in_begin[i+1]-1] and the outgoing ones likewise; the numbers are places in the
// list of particles.
struct CastaliaIoHepMcEvent {
  int64_t number;
  double weight;
  double scale;                               // GeV; written unless negative
  double alpha_qed, alpha_qcd;                // written unless negative
  double cross_section, cross_section_error;  // pb
  int32_t process;
  const struct CastaliaIoParticle* particles;
  size_t particle_count;
  size_t vertex_count;
  const int32_t *vertex_in_begin, *vertex_in;
  const int32_t *vertex_out_begin, *vertex_out;
};

struct CastaliaIoLibrary {
  int32_t version;  // kCastaliaIoVersion; the table is refused when it differs

  // Reading HDF5.
  int32_t (*hdf5_open)(const char* path, void** file, struct CastaliaIoError*);
  void (*hdf5_close)(void* file);
  // Calls visit for every data set whose elements are numbers, in the order of their names.
  int32_t (*hdf5_list)(void* file,
                       void (*visit)(void* context, const char* name,
                                     const struct CastaliaIoExtents*),
                       void* context, struct CastaliaIoError*);
  int32_t (*hdf5_describe)(void* file, const char* dataset, struct CastaliaIoExtents*,
                           struct CastaliaIoError*);
  // Rows first .. first + count - 1, converted to dtype.
  int32_t (*hdf5_read)(void* file, const char* dataset, int64_t first, int64_t count, int32_t dtype,
                       void* data, struct CastaliaIoError*);

  // Writing HDF5. create = 0 opens a file that exists.
  int32_t (*hdf5_open_to_write)(const char* path, int32_t create, void** file,
                                struct CastaliaIoError*);
  int32_t (*hdf5_append)(void* file, const char* dataset, const struct CastaliaIoExtents* rows,
                         const void* data, int32_t compression, struct CastaliaIoError*);
  // Writes what is left and closes; the handle is gone also when this fails.
  int32_t (*hdf5_finish)(void* file, struct CastaliaIoError*);

  // HepMC3 ASCII. The bytes go to sink, which returns 0, or anything else to stop.
  int32_t (*hepmc3_open)(int32_t (*sink)(void* context, const char* bytes, size_t count),
                         void* context, const char* tool, const char* version,
                         const char* description, void** writer, struct CastaliaIoError*);
  int32_t (*hepmc3_write)(void* writer, const struct CastaliaIoHepMcEvent* event,
                          struct CastaliaIoError*);
  // Writes the end of the file when complete is not zero; the handle is gone in any case.
  int32_t (*hepmc3_close)(void* writer, int32_t complete, struct CastaliaIoError*);
};

// The library's one symbol.
const struct CastaliaIoLibrary* castalia_io_library(void);

}  // extern "C"

constexpr int32_t kCastaliaIoVersion = 1;

namespace castalia {

// The table, from the library beside the one that holds this code, or from the file that the
// environment variable CASTALIA_IO_LIBRARY names. Loaded by the first call; reentrant.
// Error: io_error with the loader's words, newer_version when the table is of another version.
const CastaliaIoLibrary& io_library();

// Throws the Error that a function of the table reported.
void check_io(int32_t code, const CastaliaIoError& error);

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_IO_LIBRARY_H_
