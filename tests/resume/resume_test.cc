// A training that is killed at random moments, and started again each time, ends with the same
// weights and the same model file as one that runs through.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

const char* train_program = nullptr;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// One run of the training program in a folder of its own.
class Training {
 public:
  explicit Training(const char* name) : folder_(std::filesystem::path(testing::TempDir()) / name) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  // Starts the program in the folder; its checkpoint has the same name in each, as the model file
  // records the fields of its training.
  void start() {
    const std::string program = std::filesystem::absolute(train_program);
    child_ = fork();
    ASSERT_GE(child_, 0);
    if (child_ > 0) return;
    const int out = open((folder_ / "digest").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || dup2(out, 1) < 0 || chdir(folder_.c_str()) != 0) _exit(126);
    execl(program.c_str(), "train", "checkpoint", "model.safetensors", nullptr);
    _exit(127);
  }

  // Whether the program was killed; a failure if it ended otherwise than well or by that.
  bool wait() {
    int status = 0;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    return false;
  }

  void kill() const { ::kill(child_, SIGKILL); }
  bool has_checkpoint() const { return std::filesystem::exists(folder_ / "checkpoint"); }
  std::string digest() const { return content(folder_ / "digest"); }
  std::string model() const { return content(folder_ / "model.safetensors"); }

  // A run from the start again.
  void forget() {
    std::filesystem::remove(folder_ / "checkpoint");
    std::filesystem::remove(folder_ / "model.safetensors");
  }

 private:
  std::filesystem::path folder_;
  pid_t child_ = -1;
};

TEST(Resume, KilledAtRandomMomentsEndsWithTheSameWeights) {
  const char* asked = std::getenv("CASTALIA_TEST_KILLS");
  const int kills = asked != nullptr ? std::atoi(asked) : 5;

  Training whole("whole");
  const auto begin = Clock::now();
  whole.start();
  ASSERT_FALSE(whole.wait());
  const double seconds = Seconds(Clock::now() - begin).count();
  ASSERT_EQ(whole.digest().size(), 17U);

  Training killed("killed");
  std::mt19937 random(std::random_device{}());
  std::uniform_real_distribution<double> moment(0, 0.8 * seconds);
  int done = 0;
  int resumed = 0;
  int ended = 0;
  while (done < kills || ended == 0) {
    resumed += killed.has_checkpoint() ? 1 : 0;
    killed.start();
    if (done < kills) {
      std::this_thread::sleep_for(Seconds(moment(random)));
      killed.kill();
    }
    if (killed.wait()) {
      ++done;
      continue;
    }
    // It came to its end, perhaps before the kill.
    ++ended;
    EXPECT_EQ(killed.digest(), whole.digest());
    EXPECT_EQ(killed.model(), whole.model());
    killed.forget();
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(resumed, 0);
  std::cout << "killed " << done << " times, resumed " << resumed << " times, ended " << ended
            << " times; undisturbed it takes " << seconds << " s\n";
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count != 2) {
    std::cerr << "usage: resume_test TRAIN_PROGRAM\n";
    return 2;
  }
  train_program = arguments[1];
  return RUN_ALL_TESTS();
}
