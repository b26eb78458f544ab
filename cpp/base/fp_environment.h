// The host's floating-point environment kept apart from ours.
#ifndef CASTALIA_CPP_BASE_FP_ENVIRONMENT_H_
#define CASTALIA_CPP_BASE_FP_ENVIRONMENT_H_

#include <cfenv>

namespace castalia {

// While it lives this thread computes with the default environment (round to nearest, no traps,
// denormals kept), whatever the host has set: event generators are built with -ffpe-trap, and a
// harmless overflow inside would kill them; and a host that flushes denormals would change results.
class FpEnvironment {
 public:
  FpEnvironment() {
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~FpEnvironment() { std::fesetenv(&saved_); }
  FpEnvironment(const FpEnvironment&) = delete;
  FpEnvironment& operator=(const FpEnvironment&) = delete;

 private:
  std::fenv_t saved_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_FP_ENVIRONMENT_H_
