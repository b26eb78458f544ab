// docs/engine.md holds a program and what it prints. Both are taken from there.
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace {

std::string output_of(const char* program) {
  std::FILE* pipe = popen(program, "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 256> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  EXPECT_EQ(pclose(pipe), 0);
  return output;
}

TEST(Handbook, EngineExamplePrintsWhatItSays) {
  std::ifstream file("cpp/runtime/engine_example.txt");
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(expected, "");
  EXPECT_EQ(output_of("cpp/runtime/engine_example"), expected);
}

}  // namespace
