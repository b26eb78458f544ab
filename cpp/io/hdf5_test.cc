#include "cpp/io/hdf5.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <thread>

#include "cpp/base/status.h"

#ifdef __SANITIZE_ADDRESS__
// HDF5 1.10 loses the buffer of one chunk when a write fails, which FailedWriteKeepsTheOldFile
// provokes.
extern "C" [[gnu::visibility("default")]] const char* __lsan_default_suppressions() {
  return "leak:H5FL__malloc\n";
}
#endif

namespace castalia {
namespace {

namespace fs = std::filesystem;

class Hdf5Test : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / text(test->name(), "-", getpid());
    fs::create_directories(folder_);
    path_ = folder_ / "events.h5";
  }
  void TearDown() override { fs::remove_all(folder_); }

  int files() const { return static_cast<int>(std::distance(fs::directory_iterator(folder_), {})); }

  // 5 rows of 2x3 doubles 0, 1, 2, ... and 4 integers in a group.
  void write_sample() const {
    std::vector<double> values(30);
    std::iota(values.begin(), values.end(), 0.0);
    const int64_t counts[] = {1, -2, 3, int64_t{1} << 40};
    Hdf5Writer writer(path_);
    writer.append("particles", DType::float64, {2, 2, 3}, values.data());
    writer.append("particles", DType::float64, {3, 2, 3}, values.data() + 12);
    writer.append("run/counts", DType::int64, {4}, counts, 4);
    writer.close();
  }

  fs::path folder_, path_;
};

template <typename Action>
std::string failure(Code code, Action action) {
  // The library must not print: neither HDF5 by itself nor we.
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  std::string message;
  try {
    action();
    message = "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    message = error.what();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  return message;
}

TEST_F(Hdf5Test, RoundTripInPieces) {
  write_sample();
  const std::vector<Hdf5Dataset> datasets = hdf5_datasets(path_);
  ASSERT_EQ(datasets.size(), 2u);
  EXPECT_EQ(datasets[0].name, "particles");
  EXPECT_EQ(datasets[0].dtype, DType::float64);
  EXPECT_EQ(datasets[0].shape, (Shape{5, 2, 3}));
  EXPECT_EQ(datasets[1].name, "run/counts");
  EXPECT_EQ(datasets[1].dtype, DType::int64);
  EXPECT_EQ(datasets[1].shape, (Shape{4}));

  std::vector<double> rows(18);
  hdf5_read(path_, "particles", 1, 3, DType::float64, rows.data());
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], static_cast<double>(i + 6));
  int64_t counts[4];
  hdf5_read(path_, "/run/counts", 0, 4, DType::int64, counts);
  EXPECT_EQ(counts[1], -2);
  EXPECT_EQ(counts[3], int64_t{1} << 40);
  hdf5_read(path_, "particles", 5, 0, DType::float64, nullptr);
}

TEST_F(Hdf5Test, ConvertsBetweenTypes) {
  write_sample();
  std::vector<float> floats(30);
  hdf5_read(path_, "particles", 0, 5, DType::float32, floats.data());
  EXPECT_EQ(floats[29], 29.0f);
  std::vector<int32_t> ints(30);
  hdf5_read(path_, "particles", 0, 5, DType::int32, ints.data());
  EXPECT_EQ(ints[29], 29);
  std::vector<double> doubles(4);
  hdf5_read(path_, "run/counts", 0, 4, DType::float64, doubles.data());
  EXPECT_EQ(doubles[1], -2.0);
}

TEST_F(Hdf5Test, AppendsToAFileThatIsThere) {
  write_sample();
  const std::vector<double> more(6, 7.0);
  {
    Hdf5Writer writer(path_, Hdf5Mode::append);
    writer.append("particles", DType::float64, {1, 2, 3}, more.data());
    writer.append("other", DType::float64, {6}, more.data());
    writer.close();
  }
  EXPECT_EQ(hdf5_shape(path_, "particles"), (Shape{6, 2, 3}));
  EXPECT_EQ(hdf5_shape(path_, "other"), (Shape{6}));
  const fs::path fresh = folder_ / "fresh.h5";
  Hdf5Writer writer(fresh, Hdf5Mode::append);
  writer.append("other", DType::float64, {6}, more.data());
  writer.close();
  EXPECT_EQ(hdf5_shape(fresh, "other"), (Shape{6}));
}

TEST_F(Hdf5Test, TheSameDataGivesTheSameBytes) {
  const auto bytes = [&] {
    std::ifstream in(path_, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  };
  write_sample();
  const std::string first = bytes();
  write_sample();
  EXPECT_EQ(bytes(), first);
}

TEST_F(Hdf5Test, NoSuchFileOrDataset) {
  EXPECT_EQ(failure(Code::io_error, [&] { hdf5_shape(path_, "particles"); }),
            text("cannot read '", path_.string(), "': No such file or directory"));
  write_sample();
  EXPECT_EQ(failure(Code::not_found, [&] { hdf5_shape(path_, "partikles"); }),
            text("no data set 'partikles' in '", path_.string(), "'; did you mean 'particles'?"));
  // A group is not a data set.
  failure(Code::not_found, [&] { hdf5_shape(path_, "run"); });
  EXPECT_EQ(failure(Code::out_of_range,
                    [&] { hdf5_read(path_, "run/counts", 2, 3, DType::int64, nullptr); }),
            text("rows 2 to 5 of data set 'run/counts' in '", path_.string(), "'; it has 4"));
}

TEST_F(Hdf5Test, DamagedFiles) {
  write_sample();
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_NE(failure(Code::corrupt_file, [&] { hdf5_datasets(path_); }).find("truncated"),
            std::string::npos);
  std::ofstream(path_) << "not at all";
  EXPECT_EQ(failure(Code::corrupt_file, [&] { hdf5_datasets(path_); }),
            text("'", path_.string(), "' is not an HDF5 file"));
  EXPECT_EQ(failure(Code::corrupt_file, [&] { Hdf5Writer writer(path_, Hdf5Mode::append); }),
            text("'", path_.string(), "' is not an HDF5 file"));
}

TEST_F(Hdf5Test, RowsThatDoNotFit) {
  const std::vector<double> values(12);
  Hdf5Writer writer(path_);
  writer.append("x", DType::float64, {2, 3}, values.data());
  const auto add = [&](DType dtype, const Shape& shape) {
    return [&writer, &values, dtype, shape] { writer.append("x", dtype, shape, values.data()); };
  };
  EXPECT_NE(failure(Code::shape_mismatch, add(DType::float64, {2, 4}))
                .find("data set 'x' has shape [2, 3], the new rows [2, 4]"),
            std::string::npos);
  EXPECT_NE(failure(Code::dtype_mismatch, add(DType::float32, {2, 3}))
                .find("data set 'x' holds float64, the new rows float32"),
            std::string::npos);
  failure(Code::shape_mismatch, add(DType::float64, {}));
  failure(Code::out_of_range, [&] { writer.append("y", DType::float64, {1}, values.data(), 10); });
  writer.append("x", DType::float64, {2, 3}, values.data());
  writer.close();
  EXPECT_EQ(hdf5_shape(path_, "x"), (Shape{4, 3}));
  failure(Code::invalid_argument, [&] {
    writer.append("x", DType::float64, {2, 3}, values.data());
  });
  failure(Code::invalid_argument, [&] { writer.close(); });
}

TEST_F(Hdf5Test, NotClosedMeansNotWritten) {
  write_sample();
  {
    const double value = 1;
    Hdf5Writer writer(path_);
    writer.append("x", DType::float64, {1}, &value);
  }
  EXPECT_EQ(hdf5_shape(path_, "particles"), (Shape{5, 2, 3}));
  EXPECT_EQ(files(), 1);
  const std::string missing = folder_ / "none" / "x.h5";
  EXPECT_EQ(failure(Code::io_error, [&] { Hdf5Writer writer(missing); }),
            text("cannot create '", missing, "': No such file or directory"));
}

// A limit on the size of files stands in for a full disk.
TEST_F(Hdf5Test, FailedWriteKeepsTheOldFile) {
  write_sample();
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{1000000, limit.rlim_max};
  std::string message;
  {
    const std::vector<double> values(1000000);
    Hdf5Writer writer(path_);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    try {
      writer.append("x", DType::float64, {1000000}, values.data());
      writer.close();
    } catch (const Error& error) {
      message = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find(text("cannot write '", path_.string(), "'")), std::string::npos)
      << message;
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(hdf5_shape(path_, "particles"), (Shape{5, 2, 3}));
  EXPECT_EQ(files(), 1);
}

TEST_F(Hdf5Test, ManyThreads) {
  write_sample();
  std::vector<std::thread> threads;
  std::vector<int> good(8, 0);
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        std::vector<double> rows(6);
        hdf5_read(path_, "particles", static_cast<int64_t>(t % 5), 1, DType::float64, rows.data());
        good[t] += rows[0] == 6.0 * static_cast<double>(t % 5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(8, 20));
}

}  // namespace
}  // namespace castalia
