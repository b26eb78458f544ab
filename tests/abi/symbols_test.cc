// The frozen list of symbols, the declarations in the header and what the library exports are the
// same.
#include <gtest/gtest.h>
#include <stdio.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace {

using Names = std::set<std::string>;

std::string list_path, header_path, library_path, broken_path;

std::string content(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

Names listed(const std::string& path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::string>(file), {}};
}

// The functions that the header declares for export: the name before the first parenthesis.
Names declared(const std::string& header) {
  const std::string mark = "CASTALIA_API ";
  Names out;
  for (size_t at = header.find(mark); at != std::string::npos; at = header.find(mark, at + 1)) {
    const size_t end = header.find('(', at);
    const size_t name = header.find_last_of(" *\n", end) + 1;
    // Not the definitions of the mark itself.
    if (header.compare(name, 9, "castalia_") == 0) out.insert(header.substr(name, end - name));
  }
  return out;
}

// What a shared library defines for others, by the nm of the machine. The linker's own marks (which
// a version script hides) and the names of symbol versions are no symbols of ours.
Names exported(const std::string& library) {
  static const Names marks = {"_init", "_fini", "_end", "_edata", "__bss_start"};
  Names out;
  FILE* pipe = popen(("nm -D --defined-only --format=posix " + library).c_str(), "r");
  char line[1024];
  while (pipe != nullptr && fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text = line;
    const std::string name = text.substr(0, text.find_first_of(" @"));
    const bool is_version = text.find(" A ") != std::string::npos;
    if (!is_version && marks.count(name) == 0) out.insert(name);
  }
  EXPECT_EQ(pclose(pipe), 0) << library;
  return out;
}

// What stands between two sets of names, in words; empty when they are the same.
std::vector<std::string> differences(const Names& promised, const Names& found,
                                     const std::string& where) {
  std::vector<std::string> out;
  for (const std::string& name : promised) {
    if (found.count(name) == 0) out.push_back(name + " is missing " + where);
  }
  for (const std::string& name : found) {
    if (promised.count(name) == 0) out.push_back(name + " is new " + where);
  }
  return out;
}

TEST(Symbols, OfTheLibraryAreThoseOfTheList) {
  EXPECT_EQ(differences(listed(list_path), exported(library_path), "in the library"),
            std::vector<std::string>{});
  EXPECT_GT(listed(list_path).size(), 60U);
}

TEST(Symbols, OfTheHeaderAreThoseOfTheList) {
  EXPECT_EQ(differences(listed(list_path), declared(content(header_path)), "in the header"),
            std::vector<std::string>{});
}

TEST(Symbols, APlantedBreakOfTheLibraryIsFound) {
  const std::vector<std::string> expected = {
      *listed(list_path).begin() + " is missing in the library",
      "castalia_model_smaple is new in the library"};
  EXPECT_EQ(differences(listed(list_path), exported(broken_path), "in the library"), expected);
}

TEST(Symbols, APlantedBreakOfTheHeaderIsFound) {
  std::string header = content(header_path);
  const size_t place = header.find("castalia_sampler_seek(");
  ASSERT_NE(place, std::string::npos);
  header.replace(place, 21, "castalia_sampler_sook");
  const std::vector<std::string> expected = {"castalia_sampler_seek is missing in the header",
                                             "castalia_sampler_sook is new in the header"};
  EXPECT_EQ(differences(listed(list_path), declared(header), "in the header"), expected);
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count != 5) {
    std::cerr << "usage: symbols_test SYMBOLS HEADER LIBRARY BROKEN_LIBRARY\n";
    return 2;
  }
  list_path = arguments[1];
  header_path = arguments[2];
  library_path = arguments[3];
  broken_path = arguments[4];
  return RUN_ALL_TESTS();
}
