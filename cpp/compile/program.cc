#include "cpp/compile/program.h"

#include <cstdio>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia {

const std::byte* Program::constants() const {
  const auto address = reinterpret_cast<uintptr_t>(constant_bytes.data());
  return constant_bytes.data() + (kBufferAlignment - address % kBufferAlignment) % kBufferAlignment;
}

const Binding& find_binding(const std::vector<Binding>& bindings, const std::string& name) {
  for (const Binding& binding : bindings) {
    if (binding.name == name) return binding;
  }
  fail(Code::internal, "the Program has no tensor '", name, "'");
}

std::string describe(const Program& program) {
  std::string out =
      " step  kernel      threads      MFLOP         KiB  operators: reads -> writes (place)\n";
  double flops = 0;
  double bytes = 0;
  char line[160];
  const auto append_types = [&](const std::vector<TensorType>& types) {
    const char* separator = "";
    for (const TensorType& type : types) {
      out += text(separator, type);
      separator = ", ";
    }
  };
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    std::snprintf(line, sizeof line, "%5zu  %-10s  %7d %10.3f  %10.1f  ", i,
                  step.kernel_name.c_str(), step.threads, step.flops * 1e-6, step.bytes / 1024);
    out += line + step.label + ": ";
    append_types(step.input_types);
    out += " -> ";
    append_types(step.output_types);
    if (!step.scope.empty()) out += "  (" + step.scope + ")";
    out += '\n';
    flops += step.flops;
    bytes += step.bytes;
  }
  size_t prepared = 0;
  for (const Preparation& each : program.preparations) prepared += each.bytes;
  const auto kib = [](size_t count) { return static_cast<double>(count) / 1024; };
  std::snprintf(line, sizeof line, "%zu steps, %.3f MFLOP, %.1f KiB moved\n", program.steps.size(),
                flops * 1e-6, bytes / 1024);
  out += line;
  std::snprintf(
      line, sizeof line,
      "arena at its peak %.1f KiB, constants %.1f KiB, packed weights %.1f KiB, scratch %.1f KiB "
      "a thread\n",
      kib(program.arena_bytes), kib(program.constant_bytes.size()), kib(prepared),
      kib(program.scratch_bytes));
  return out + line;
}

}  // namespace castalia
