/* A host's own oneDNN and HDF5, as PyTorch and h5py bring them; whoever calls these by mistake
 * dies. */
#include <stdlib.h>

#define TRAP(name) \
  void name(void); \
  void name(void) { abort(); }

TRAP(dnnl_engine_create)
TRAP(dnnl_stream_create)
TRAP(dnnl_memory_create)
TRAP(dnnl_memory_desc_create_with_strides)
TRAP(dnnl_matmul_primitive_desc_create)
TRAP(dnnl_primitive_create)
TRAP(dnnl_primitive_execute)
TRAP(H5open)
TRAP(H5Fopen)
TRAP(H5Fcreate)
TRAP(H5Dopen2)
TRAP(H5Dcreate2)
TRAP(H5Dread)
TRAP(H5Dwrite)
