#include "rondo/runtime/make_selector.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/io_uring_selector.h"
#include "rondo/runtime/poll_selector.h"
#include "rondo/runtime/select_selector.h"

namespace rondo {

const char* SelectorName(SelectorKind kind) {
  switch (kind) {
    case SelectorKind::kEpoll:
      return "epoll";
    case SelectorKind::kPoll:
      return "poll";
    case SelectorKind::kSelect:
      return "select";
    case SelectorKind::kIoUring:
      return "io_uring";
  }
  throw ValueError("no such SelectorKind");
}

std::optional<SelectorKind> RequestedSelector() {
  const char* const value = std::getenv("RONDO_SELECTOR");
  if (value == nullptr || *value == '\0') return std::nullopt;
  for (const SelectorKind kind :
       {SelectorKind::kEpoll, SelectorKind::kPoll, SelectorKind::kSelect,
        SelectorKind::kIoUring}) {
    if (std::string_view(value) == SelectorName(kind)) return kind;
  }
  throw ValueError("RONDO_SELECTOR is \"" + std::string(value) +
                   "\": it must be epoll, poll, select or io_uring");
}

std::unique_ptr<SystemSelector> MakeSelector(SelectorKind kind, int max_skips) {
  switch (kind) {
    case SelectorKind::kEpoll:
      return std::make_unique<EpollSelector>(max_skips);
    case SelectorKind::kPoll:
      return std::make_unique<PollSelector>(max_skips);
    case SelectorKind::kSelect:
      return std::make_unique<SelectSelector>(max_skips);
    case SelectorKind::kIoUring:
      return std::make_unique<IoUringSelector>(max_skips);
  }
  throw ValueError("no such SelectorKind");
}

std::unique_ptr<SystemSelector> MakeSelectorOrEpoll(SelectorKind kind) {
  if (kind != SelectorKind::kIoUring) return MakeSelector(kind);
  try {
    return MakeSelector(kind);
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    if (code != ENOSYS && code != EPERM && code != EACCES) throw;
    static std::atomic_flag said;
    if (!said.test_and_set()) {
      std::fprintf(stderr, "rondo: %s; using epoll instead\n", error.what());
    }
  }
  return MakeSelector(SelectorKind::kEpoll);
}

}  // namespace rondo
