// The release: MAJOR.MINOR.PATCH by semantic versioning.
#ifndef CASTALIA_CPP_BASE_VERSION_H_
#define CASTALIA_CPP_BASE_VERSION_H_

namespace castalia {

inline constexpr char kVersion[] = "1.0.0";

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_VERSION_H_
