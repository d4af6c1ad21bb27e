#include "rondo/runtime/make_selector.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using testing::AllOf;
using testing::ExitedWithCode;
using testing::HasSubstr;

class MakeSelectorTest : public testing::Test {
 protected:
  ~MakeSelectorTest() override { unsetenv("RONDO_SELECTOR"); }
  static void Request(const char* value) { setenv("RONDO_SELECTOR", value, 1); }
};

// The class of the selector of a loop.
std::string SelectorOf(const EventLoop& loop) {
  return dynamic_cast<SystemSelector&>(*loop.seams().selector).name();
}
std::string Made(SystemLoopOptions options) {
  return SelectorOf(*SystemLoopFactory(options)());
}

TEST_F(MakeSelectorTest, TheEnvironmentNamesAKind) {
  for (const SelectorKind kind : kSelectorKinds) {
    Request(SelectorName(kind));
    EXPECT_EQ(RequestedSelector(), kind);
  }
  Request("");
  EXPECT_EQ(RequestedSelector(), std::nullopt);
  unsetenv("RONDO_SELECTOR");
  EXPECT_EQ(RequestedSelector(), std::nullopt);
}

TEST_F(MakeSelectorTest, AnythingElseIsAnError) {
  for (const char* name : {"kqueue", "Epoll", "epoll ", "io-uring", "0"}) {
    Request(name);
    EXPECT_THROW(RequestedSelector(), ValueError);
    EXPECT_THAT(MessageOf([] { MakeSystemLoop(); }),
                AllOf(HasSubstr("RONDO_SELECTOR is \"" + std::string(name)),
                      HasSubstr("epoll, poll, select or io_uring")));
  }
}

TEST_F(MakeSelectorTest, ALoopHasEpollUnlessSomebodyChooses) {
  EXPECT_EQ(SelectorOf(*MakeSystemLoop()), "EpollSelector");
  EXPECT_EQ(Made({}), "EpollSelector");
  Request("poll");
  EXPECT_EQ(SelectorOf(*MakeSystemLoop()), "PollSelector");
  EXPECT_EQ(Made({}), "PollSelector");
}

TEST_F(MakeSelectorTest, TheProgramOverrulesTheEnvironment) {
  Request("poll");
  EXPECT_EQ(Made({.selector = SelectorKind::kSelect}), "SelectSelector");
  EXPECT_EQ(Made({.selector = SelectorKind::kEpoll}), "EpollSelector");
  Request("nothing");  // Nobody asks.
  EXPECT_EQ(Made({.selector = SelectorKind::kEpoll, .strict = true}),
            "EpollSelector");
}

// ---- Where io_uring is forbidden, as in most containers.

void Forbid(int system_call, int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(system_call), 0,
               1),
      BPF_STMT(BPF_RET | BPF_K,
               SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {.len = 4, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
    std::perror("seccomp");
    std::_Exit(99);
  }
}

// Ends the process: 0 if `function` does not throw and returns true.
template <class F>
[[noreturn]] void ExitAfter(F function) {
  try {
    std::_Exit(function() ? 0 : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(2);
  }
}

using MakeSelectorDeathTest = MakeSelectorTest;

TEST_F(MakeSelectorDeathTest, WithoutIoUringItIsEpollAndSaysSoOnce) {
  const auto without = [](int error) {
    Forbid(SYS_io_uring_setup, error);
    ExitAfter([] {
      Request("io_uring");
      for (int i = 0; i < 3; ++i) {
        if (SelectorOf(*MakeSystemLoop()) != "EpollSelector") return false;
      }
      return Made({.selector = SelectorKind::kIoUring}) == "EpollSelector";
    });
  };
  EXPECT_EXIT(without(EPERM), ExitedWithCode(0),
              "^rondo: IoUringSelector: io_uring is forbidden here, [^\n]*: "
              "Operation not permitted; using epoll instead\n$");
  EXPECT_EXIT(without(ENOSYS), ExitedWithCode(0),
              "^rondo: IoUringSelector: there is no io_uring here[^\n]*: "
              "Function not implemented; using epoll instead\n$");
}

TEST_F(MakeSelectorDeathTest, WithoutIoUringStrictMeansNo) {
  const auto without = [] {
    Forbid(SYS_io_uring_setup, EPERM);
    ExitAfter([] {
      return !Made({.selector = SelectorKind::kIoUring, .strict = true})
                  .empty();
    });
  };
  EXPECT_EXIT(without(), ExitedWithCode(2),
              "^IoUringSelector: io_uring is forbidden here, by "
              "kernel.io_uring_disabled or by a filter of system calls: "
              "Operation not permitted\n$");
}

// Only what is not allowed: no descriptors left is an error as ever.
TEST_F(MakeSelectorDeathTest, OtherTroubleIsNoReasonForEpoll) {
  const auto without = [] {
    Forbid(SYS_io_uring_setup, EMFILE);
    ExitAfter([] {
      MakeSelectorOrEpoll(SelectorKind::kIoUring);
      return true;
    });
  };
  EXPECT_EXIT(without(), ExitedWithCode(2), "Too many open files");
}

}  // namespace
}  // namespace rondo
