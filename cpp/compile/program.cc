#include "cpp/compile/program.h"

#include <cstdio>

#include "cpp/base/text.h"

namespace castalia {

const std::byte* Program::constants() const {
  const auto address = reinterpret_cast<uintptr_t>(constant_bytes.data());
  return constant_bytes.data() + (kBufferAlignment - address % kBufferAlignment) % kBufferAlignment;
}

std::string describe(const Program& program) {
  std::string out = " step  kernel      threads      MFLOP         KiB  operators\n";
  double flops = 0;
  double bytes = 0;
  char line[160];
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    std::snprintf(line, sizeof line, "%5zu  %-10s  %-7s %10.3f  %10.1f  ", i,
                  step.kernel_name.c_str(), step.parallel ? "all" : "one", step.flops * 1e-6,
                  step.bytes / 1024);
    out += line + step.label;
    for (size_t k = 0; k < step.output_types.size(); ++k) {
      out += text(k == 0 ? " -> " : ", ", step.output_types[k]);
    }
    if (!step.scope.empty()) out += "  (" + step.scope + ")";
    out += '\n';
    flops += step.flops;
    bytes += step.bytes;
  }
  std::snprintf(line, sizeof line,
                "%zu steps, %.3f MFLOP, %.1f KiB moved; arena %.1f KiB, constants %.1f KiB, scratch "
                "%.1f KiB a thread\n",
                program.steps.size(), flops * 1e-6, bytes / 1024,
                static_cast<double>(program.arena_bytes) / 1024,
                static_cast<double>(program.constant_bytes.size()) / 1024,
                static_cast<double>(program.scratch_bytes) / 1024);
  return out + line;
}

}  // namespace castalia
