#include "cpp/runtime/cpu/dispatch.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cpp/base/status.h"
#include "hwy/highway.h"

namespace castalia::cpu {
namespace {

TEST(ParseIsa, KnowsTheNamesOfOneDnn) {
  const struct {
    const char* name;
    Isa isa;
  } cases[] = {
      {"SSE41", Isa::sse4},
      {"AVX", Isa::sse4},
      {"avx2", Isa::avx2},
      {"AVX2_VNNI", Isa::avx2},
      {"AVX2_VNNI_2", Isa::avx2},
      {"AVX512_CORE", Isa::avx512},
      {"avx512_core_amx_fp16", Isa::avx512},
      {"DEFAULT", Isa::avx512},
      {"scalar", Isa::scalar},
  };
  for (const auto& c : cases) {
    Isa isa{};
    EXPECT_TRUE(parse_isa(c.name, &isa)) << c.name;
    EXPECT_EQ(isa, c.isa) << c.name;
  }
  Isa isa{};
  EXPECT_FALSE(parse_isa("AVX3", &isa));
  EXPECT_FALSE(parse_isa("", &isa));
}

// What a fresh process that has these variables set uses. The limits are applied once in the life
// of a process, so each case has a child of its own ("threadsafe" starts the program anew).
void expect_target(const char* variable, const char* value, const std::string& expected) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        for (const char* name :
             {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "CASTALIA_MAX_CPU_ISA"}) {
          unsetenv(name);
        }
        setenv(variable, value, 1);
        std::fprintf(stderr, "target %s.", active_target());
        std::exit(0);
      },
      testing::ExitedWithCode(0), "target " + expected + "\\.")
      << variable << "=" << value;
}

TEST(MaxIsaDeathTest, EnvironmentLimitsHighway) {
  if ((hwy::SupportedTargets() & HWY_AVX2) == 0) GTEST_SKIP() << "needs a processor with AVX2";
  for (const char* variable : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "CASTALIA_MAX_CPU_ISA"}) {
    expect_target(variable, "AVX2", "AVX2");
    expect_target(variable, "SSE41", "SSE4");
    expect_target(variable, "AVX", "SSE4");
  }
  expect_target("CASTALIA_MAX_CPU_ISA", "SCALAR", "SCALAR");
}

TEST(MaxIsaDeathTest, UnknownNameIsAnError) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        setenv("CASTALIA_MAX_CPU_ISA", "AVX3", 1);
        try {
          ensure_dispatch();
        } catch (const Error& error) {
          std::fprintf(stderr, "%s", error.what());
          std::exit(error.code() == Code::invalid_argument ? 0 : 1);
        }
        std::exit(2);
      },
      testing::ExitedWithCode(0), "CASTALIA_MAX_CPU_ISA.*\"AVX3\"");
}

}  // namespace
}  // namespace castalia::cpu
