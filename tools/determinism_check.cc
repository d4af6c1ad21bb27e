#include "rondo/tools/determinism_check.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "rondo/runtime/identity.h"
#include "rondo/runtime/pool.h"

extern char** environ;

namespace rondo {
namespace {

constexpr const char* kJitterVariable = "RONDO_ALLOCATOR_JITTER";
constexpr const char* kPaddingVariable = "RONDO_ENVIRONMENT_PADDING";

// The environment of a child, without what would make it do something else.
std::vector<std::string> ChildEnvironment(const HostileCondition& condition) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::string_view(*variable).starts_with("RONDO_")) continue;
    result.emplace_back(*variable);
  }
  if (condition.jitter != 0) {
    result.push_back(absl::StrCat(kJitterVariable, "=", condition.jitter));
  }
  if (condition.environment != 0) {
    result.push_back(absl::StrCat(kPaddingVariable, "=",
                                  std::string(condition.environment, 'x')));
  }
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::vector<HostileCondition> HostileConditions(std::uint64_t runs) {
  std::vector<HostileCondition> conditions;
  for (std::uint64_t i = 0; i < runs; ++i) {
    HostileCondition condition;
    condition.name = "plain";
    if (i > 0) {
      condition.jitter = i % 5 == 4 ? 0 : MixBits(i);
      condition.fixed_addresses = i % 3 == 0;
      condition.environment = i % 2 == 0 ? 4096 + 64 * i : 0;
      condition.name = absl::StrCat(
          "jitter ", condition.jitter == 0 ? "off" : "on",
          condition.fixed_addresses ? ", fixed addresses" : "",
          condition.environment != 0 ? ", padded environment" : "");
    }
    conditions.push_back(condition);
  }
  return conditions;
}

absl::StatusOr<int> RunUnder(const HostileCondition& condition,
                             const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"/proc/self/exe"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = ChildEnvironment(condition);
  const std::vector<char*> argv = Pointers(words);
  const std::vector<char*> envp = Pointers(environment);
  const pid_t child = fork();
  if (child < 0) {
    return absl::UnavailableError(
        absl::StrCat("no process: ", std::strerror(errno)));
  }
  if (child == 0) {
    // Refused in some containers: then addresses stay randomised.
    if (condition.fixed_addresses) personality(ADDR_NO_RANDOMIZE);
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDOUT_FILENO);
    execve("/proc/self/exe", argv.data(), envp.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return absl::UnavailableError(
          absl::StrCat("lost a process: ", std::strerror(errno)));
    }
  }
  if (!WIFEXITED(status)) {
    return absl::UnavailableError(
        absl::StrCat("the run was ended by signal ", WTERMSIG(status)));
  }
  return WEXITSTATUS(status);
}

void ApplyHostileEnvironment() {
  const char* const jitter = std::getenv(kJitterVariable);
  if (jitter != nullptr) {
    internal::SetPoolJitter(std::strtoull(jitter, nullptr, 10));
  }
}

}  // namespace rondo
