#include "cpp/base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace castalia {
namespace {

const std::vector<std::string> kFields = {"features", "context", "layers", "bins"};

TEST(Text, WritesPartsOneAfterAnother) {
  EXPECT_EQ(text("row ", 3, ", column ", 1.5), "row 3, column 1.5");
}

TEST(Text, Joins) {
  EXPECT_EQ(join(kFields), "features, context, layers, bins");
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join(std::vector<std::string>{"a", "b"}, "/"), "a/b");
}

TEST(Text, NearestFindsMisspellings) {
  EXPECT_EQ(nearest("feature", kFields), "features");
  EXPECT_EQ(nearest("Layres", kFields), "layers");
  EXPECT_EQ(nearest("BINS", kFields), "bins");
}

TEST(Text, NearestRefusesOtherWords) {
  EXPECT_EQ(nearest("temperature", kFields), "");
  EXPECT_EQ(nearest("bins", {}), "");
}

TEST(Text, SuggestsOrListsWhatIsKnown) {
  EXPECT_EQ(suggestion("contxt", kFields), "; did you mean 'context'?");
  EXPECT_EQ(suggestion("temperature", kFields), "; known: features, context, layers, bins");
}

}  // namespace
}  // namespace castalia
