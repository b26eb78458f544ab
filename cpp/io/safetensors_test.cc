#include "cpp/io/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "cpp/base/philox.h"

namespace castalia {
namespace {

namespace fs = std::filesystem;

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / text(test->name(), "-", getpid());
    fs::create_directories(folder_);
    path_ = folder_ / "model.safetensors";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void put(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  // A file of another program, with this header and so many bytes of data.
  void put_foreign(const std::string& header, size_t data_bytes) const {
    const uint64_t length = header.size();
    std::string content(reinterpret_cast<const char*>(&length), sizeof length);
    put(content + header + std::string(data_bytes, '\1'));
  }
  // Reads a file that must be refused, and gives the message.
  std::string refusal(Code code = Code::corrupt_file,
                      ChecksumRule rule = ChecksumRule::verify_if_present) const {
    try {
      read_safetensors(path_, rule);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  void write_sample() const {
    const std::vector<float> weight{1.5f, -2.0f, 3.25f, 0.0f, 5.0f, -0.0f};
    const std::vector<double> bias{1e300, -1e-300, 0.1};
    write_safetensors(path_,
                      std::vector<TensorToWrite>{
                          {"weight", DType::float32, {2, 3}, weight.data()},
                          {"bias", DType::float64, {3}, bias.data()},
                      },
                      {{"specification", R"({"features": 9})"}, {"note", "μ⁺μ⁻ \"quoted\"\n"}});
  }

  fs::path folder_, path_;
};

TEST_F(SafetensorsTest, RoundTrip) {
  const std::vector<float> f32{1.5f, -0.0f, 3e38f};
  const std::vector<double> f64{0.1, -1e-308};
  const std::vector<int32_t> i32{-1, INT32_MAX};
  const std::vector<int64_t> i64{INT64_MIN};
  write_safetensors(path_,
                    std::vector<TensorToWrite>{{"a", DType::float32, {3, 1}, f32.data()},
                                               {"b", DType::float64, {2}, f64.data()},
                                               {"c", DType::int32, {1, 2}, i32.data()},
                                               {"d", DType::int64, {}, i64.data()},
                                               {"empty", DType::float32, {0, 4}, nullptr}},
                    {{"k", "v"}});
  for (ChecksumRule rule : {ChecksumRule::verify_if_present, ChecksumRule::required}) {
    const SafetensorsFile file = read_safetensors(path_, rule);
    EXPECT_EQ(file.metadata, (Metadata{{"k", "v"}}));
    ASSERT_EQ(file.tensors.size(), 5u);
    const auto a = file.at("a").values<float>();
    EXPECT_EQ(std::memcmp(a.data(), f32.data(), a.size_bytes()), 0);
    EXPECT_EQ(file.at("a").shape, (Shape{3, 1}));
    const auto b = file.at("b").values<double>();
    EXPECT_TRUE(std::equal(b.begin(), b.end(), f64.begin(), f64.end()));
    const auto c = file.at("c").values<int32_t>();
    EXPECT_TRUE(std::equal(c.begin(), c.end(), i32.begin(), i32.end()));
    EXPECT_EQ(file.at("d").shape, Shape{});
    EXPECT_EQ(file.at("d").values<int64_t>()[0], INT64_MIN);
    EXPECT_EQ(file.at("empty").shape, (Shape{0, 4}));
  }
}

TEST_F(SafetensorsTest, NothingAtAll) {
  write_safetensors(path_, {});
  const SafetensorsFile file = read_safetensors(path_, ChecksumRule::required);
  EXPECT_TRUE(file.tensors.empty());
  EXPECT_TRUE(file.metadata.empty());
}

TEST_F(SafetensorsTest, DataIsAligned) {
  write_sample();
  uint64_t length = 0;
  std::memcpy(&length, bytes().data(), sizeof length);
  EXPECT_EQ(length % 8, 0u);
  // Doubles first, though they were given second.
  EXPECT_EQ(read_safetensors(path_).tensors[0].name, "bias");
}

TEST_F(SafetensorsTest, MetadataKeepsItsText) {
  write_sample();
  const SafetensorsFile file = read_safetensors(path_);
  EXPECT_EQ(file.metadata.at("note"), "μ⁺μ⁻ \"quoted\"\n");
  EXPECT_EQ(file.metadata.at("specification"), R"({"features": 9})");
}

TEST_F(SafetensorsTest, AskingForWhatIsNotThere) {
  write_sample();
  const SafetensorsFile file = read_safetensors(path_);
  EXPECT_EQ(file.find("wait"), nullptr);
  try {
    file.at("wieght");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
    EXPECT_STREQ(error.what(), "no tensor 'wieght'; did you mean 'weight'?");
  }
  try {
    file.at("bias").values<float>();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::dtype_mismatch);
    EXPECT_STREQ(error.what(), "tensor 'bias' holds float64, not float32");
  }
}

TEST_F(SafetensorsTest, RefusesToWriteNonsense) {
  const float x = 1;
  const TensorToWrite good{"x", DType::float32, {1}, &x};
  const auto code = [&](std::vector<TensorToWrite> tensors, const Metadata& metadata) {
    try {
      write_safetensors(path_, tensors, metadata);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::ok;
  };
  EXPECT_EQ(code({good, good}, {}), Code::invalid_argument);
  EXPECT_EQ(code({{"", DType::float32, {1}, &x}}, {}), Code::invalid_argument);
  EXPECT_EQ(code({{"__metadata__", DType::float32, {1}, &x}}, {}), Code::invalid_argument);
  EXPECT_EQ(code({good}, {{"castalia.checksum", "0"}}), Code::invalid_argument);
  EXPECT_EQ(code({good}, {{"k", "\xff"}}), Code::invalid_argument);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(code({good}, {}), Code::ok);
}

TEST_F(SafetensorsTest, MissingAndTruncatedFiles) {
  EXPECT_EQ(refusal(Code::io_error),
            text("cannot read '", path_.string(), "': No such file or directory"));
  write_sample();
  const std::string whole = bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    refusal();
  }
  put(whole + '\0');
  refusal();
}

TEST_F(SafetensorsTest, AbsurdHeaderLength) {
  write_sample();
  const std::string whole = bytes();
  for (uint64_t length : {uint64_t{100'000'001}, uint64_t{99'999'999}, ~uint64_t{0}}) {
    std::string content = whole;
    std::memcpy(content.data(), &length, sizeof length);
    put(content);
    EXPECT_NE(refusal().find(text("a header of ", length, " bytes")), std::string::npos);
  }
}

TEST_F(SafetensorsTest, ForeignFilesAreReadUnlessAChecksumIsRequired) {
  // Spaces, unsorted offsets and a float64 at an odd place are all allowed by the format.
  put_foreign(R"({ "y" : {"dtype":"F64","shape":[1],"data_offsets":[4,12]},)"
              R"( "x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}  )",
              12);
  EXPECT_EQ(read_safetensors(path_).at("y").values<double>().size(), 1u);
  EXPECT_NE(refusal(Code::corrupt_file, ChecksumRule::required).find("checksum is missing"),
            std::string::npos);
}

TEST_F(SafetensorsTest, BadHeaders) {
  struct Case {
    const char* header;
    const char* message;
    Code code = Code::corrupt_file;
  };
  const Case cases[] = {
      {R"([])", "does not begin with '{'"},
      {R"({"x")", "not valid JSON"},
      {R"({"a":{"b":{"c":{"d":{"e":1}}}}})", "nested too deeply"},
      {R"({"x":1})", "tensor 'x' has no dtype"},
      {R"({"x":{"dtype":"F32","shape":[1]}})", "tensor 'x' has no data_offsets"},
      {R"({"x":{"dtype":4,"shape":[1],"data_offsets":[0,4]}})", "not a string"},
      {R"({"x":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", "unknown type 'F33'"},
      {R"({"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", "has type BF16; allowed",
       Code::dtype_mismatch},
      {R"({"x":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", "not an array"},
      {R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "extent -1"},
      {R"({"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", "extent 1.0"},
      {R"({"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", "9 axes",
       Code::shape_mismatch},
      {R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", "absurd"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "shape [2] has 4 bytes"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "lies at [4,0]"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "is it truncated"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[-1,3]}})", "data_offsets [-1,3]"},
      {R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})", "end at byte 0 of 4"},
      {R"({"x":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})", "after a gap"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "inside the tensor before it"},
      {R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "the name 'x' occurs twice"},
      {R"({"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "the name 'dtype' occurs twice"},
      {R"({"__metadata__":7})", "metadata is not an object"},
      {R"({"__metadata__":{"k":7}})", "metadata 'k' is not a string"},
      {R"({"__metadata__":{"castalia.checksum":"0"},)"
       R"("x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "checksum is missing or not in the form"},
  };
  for (const Case& c : cases) {
    put_foreign(c.header, 4);
    const std::string message = refusal(c.code);
    EXPECT_NE(message.find(c.message), std::string::npos) << c.header << "\n" << message;
    EXPECT_NE(message.find(path_.string()), std::string::npos) << message;
  }
}

TEST_F(SafetensorsTest, EveryFlippedBitIsFound) {
  write_sample();
  const std::string whole = bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string content = whole;
      content[at] = static_cast<char>(content[at] ^ (1 << bit));
      put(content);
      EXPECT_THROW(read_safetensors(path_, ChecksumRule::required), Error) << at << ' ' << bit;
    }
  }
}

// Damage of every kind at places drawn at random: an Error each time, never a crash.
TEST_F(SafetensorsTest, RandomCorruption) {
  write_sample();
  const std::string whole = bytes();
  for (uint64_t trial = 0; trial < 2000; ++trial) {
    const Stream stream{11, trial, 0, 0};
    const auto draw = [&](uint32_t which, size_t bound) {
      return static_cast<size_t>(uniform(stream, which) * static_cast<double>(bound));
    };
    std::string content = whole;
    const size_t at = draw(0, content.size());
    const size_t length = 1 + draw(1, 16);
    switch (draw(2, 5)) {
      case 0: content.erase(at, length); break;
      case 1: content.insert(at, std::string(length, static_cast<char>(draw(3, 256)))); break;
      case 2: content.replace(at, length, whole, draw(3, whole.size()), length); break;
      case 3: content[at] = static_cast<char>(draw(3, 256)); break;
      default: content.resize(at);
    }
    if (content == whole) continue;
    put(content);
    EXPECT_THROW(read_safetensors(path_, ChecksumRule::required), Error) << trial;
    // Without the demand for a checksum some damage to its key passes; it must still not crash.
    try {
      read_safetensors(path_);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace castalia
