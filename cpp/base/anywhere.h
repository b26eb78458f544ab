// CASTALIA_ANYWHERE marks a function that runs on a device too. Such a function calls only
// functions that are marked or constexpr, and the elementary ones of <cmath>; its tables are local
// or returned by value, as a device cannot reach those at namespace scope.
#ifndef CASTALIA_CPP_BASE_ANYWHERE_H_
#define CASTALIA_CPP_BASE_ANYWHERE_H_

#ifdef __CUDACC__
#define CASTALIA_ANYWHERE __host__ __device__
#else
#define CASTALIA_ANYWHERE
#endif

#endif  // CASTALIA_CPP_BASE_ANYWHERE_H_
