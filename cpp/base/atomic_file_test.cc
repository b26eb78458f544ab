#include "cpp/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cpp/base/status.h"

namespace castalia {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / text(test->name(), "-", getpid());
    fs::create_directories(folder_);
    path_ = folder_ / "model.bin";
  }
  void TearDown() override { fs::remove_all(folder_); }

  int files() const { return static_cast<int>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_, path_;
};

// Runs an action that must fail, and gives its message.
template <typename Action>
std::string failure(Action action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::io_error);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST_F(AtomicFileTest, AppearsOnCommit) {
  AtomicFile file(path_);
  file.write("small ");
  const std::string large(300000, 'x');
  file.write(large);
  file.write(" end");
  EXPECT_FALSE(fs::exists(path_));
  file.commit();
  EXPECT_EQ(read(path_), "small " + large + " end");
  EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, WithoutCommitTheOldFileStays) {
  write_file(path_, "old");
  {
    AtomicFile file(path_);
    file.write(std::string(300000, 'x'));
    EXPECT_EQ(files(), 2);
  }
  EXPECT_EQ(read(path_), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, ReplacesAndKeepsTheMode) {
  write_file(path_, "old");
  fs::permissions(path_, fs::perms(0640));
  write_file(path_, "new");
  EXPECT_EQ(read(path_), "new");
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms(0640));
}

TEST_F(AtomicFileTest, FollowsLinks) {
  write_file(path_, "old");
  const fs::path link = folder_ / "link";
  fs::create_symlink("model.bin", link);
  write_file(link, "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read(path_), "new");
}

TEST_F(AtomicFileTest, NamesOfAnyLength) {
  const fs::path longest = folder_ / std::string(255, 'n');
  write_file(longest, "x");
  EXPECT_EQ(read(longest), "x");
}

// A limit on the size of files stands in for a full disk: the write fails in the same place.
TEST_F(AtomicFileTest, FailedWriteKeepsTheOldFile) {
  write_file(path_, "old");
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100000, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = failure([&] { write_file(path_, std::string(300000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, text("cannot write '", path_.string(), "': File too large"));
  EXPECT_EQ(read(path_), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, FullDevice) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  EXPECT_EQ(failure([] { write_file("/dev/full", "x"); }),
            "cannot write '/dev/full': No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(AtomicFileTest, UnwritablePaths) {
  const std::string missing = folder_ / "none" / "model.bin";
  EXPECT_EQ(failure([&] { write_file(missing, "x"); }),
            text("cannot create '", missing, "': No such file or directory"));
  EXPECT_EQ(failure([&] { write_file(folder_, "x"); }),
            text("cannot write '", folder_.string(), "': Is a directory"));
  write_file(path_, "old");
  const std::string below = path_ / "model.bin";
  EXPECT_EQ(failure([&] { write_file(below, "x"); }),
            text("cannot create '", below, "': Not a directory"));
  EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, ReadOnlyFileIsNotReplaced) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may write everything";
  write_file(path_, "old");
  fs::permissions(path_, fs::perms(0444));
  EXPECT_EQ(failure([&] { write_file(path_, "new"); }),
            text("cannot write '", path_.string(), "': Permission denied"));
  EXPECT_EQ(read(path_), "old");
}

}  // namespace
}  // namespace castalia
