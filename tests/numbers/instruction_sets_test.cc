// Events have the same bits whatever vector instructions the processor has or the user allows.
#include <gtest/gtest.h>
#include <stdio.h>

#include <iostream>
#include <map>
#include <set>
#include <string>

namespace {

std::string digests_program;

// What the program prints with these settings in its environment.
std::map<std::string, std::string> digests(const std::string& settings) {
  std::map<std::string, std::string> out;
  FILE* pipe = popen((settings + " " + digests_program).c_str(), "r");
  char name[64];
  char value[64];
  while (pipe != nullptr && fscanf(pipe, "%63s %63s", name, value) == 2) out[name] = value;
  EXPECT_EQ(pclose(pipe), 0) << settings;
  EXPECT_EQ(out.size(), 7U) << settings;
  return out;
}

// The one digest of all batches and threads.
std::string events(const std::map<std::string, std::string>& lines) {
  std::set<std::string> seen;
  for (const auto& [name, value] : lines) {
    if (name != "instruction_set") seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 1U) << testing::PrintToString(lines);
  return seen.empty() ? "" : *seen.begin();
}

TEST(InstructionSets, GiveTheSameEvents) {
  const auto standard = digests("env");
  const std::string expected = events(standard);
  std::cout << "standard: " << standard.at("instruction_set") << ", events " << expected << '\n';
  for (const char* settings : {"env ONEDNN_MAX_CPU_ISA=AVX2", "env CASTALIA_MAX_CPU_ISA=AVX2"}) {
    const auto limited = digests(settings);
    EXPECT_NE(limited.at("instruction_set").substr(0, 4), "AVX3") << settings;
    EXPECT_EQ(events(limited), expected) << settings;
  }
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count != 2) {
    std::cerr << "usage: instruction_sets_test DIGESTS_PROGRAM\n";
    return 2;
  }
  digests_program = arguments[1];
  return RUN_ALL_TESTS();
}
