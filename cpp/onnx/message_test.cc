// The wire format, against bytes worked out by hand from its description.
#include "cpp/onnx/message.h"

#include <string>

#include <gtest/gtest.h>

namespace castalia::onnx {
namespace {

TEST(Message, WritesWholeNumbersSevenBitsAtATime) {
  EXPECT_EQ(Message().integer(1, 0).encoded(), std::string("\x08\x00", 2));
  EXPECT_EQ(Message().integer(1, 150).encoded(), "\x08\x96\x01");
  EXPECT_EQ(Message().integer(20, 7).encoded(), "\xa0\x01\x07");
  EXPECT_EQ(Message().integer(2, -1).encoded(), "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Message, WritesTextsAndMessagesWithTheirLength) {
  EXPECT_EQ(Message().bytes(2, "testing").encoded(), "\x12\x07testing");
  EXPECT_EQ(Message().message(3, Message().integer(1, 150)).encoded(), "\x1a\x03\x08\x96\x01");
  EXPECT_EQ(Message().bytes(1, std::string(300, 'x')).encoded().substr(0, 3), "\x0a\xac\x02");
}

TEST(Message, RepeatsAFieldInOrder) {
  EXPECT_EQ(Message().integer(1, 1).integer(1, 2).encoded(), "\x08\x01\x08\x02");
}

}  // namespace
}  // namespace castalia::onnx
