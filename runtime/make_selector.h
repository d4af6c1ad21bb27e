// Which of the machine's selectors a loop waits with.
//
// RONDO_SELECTOR in the environment chooses for loops whose program does not.
#ifndef RONDO_RUNTIME_MAKE_SELECTOR_H_
#define RONDO_RUNTIME_MAKE_SELECTOR_H_

#include <memory>
#include <optional>

#include "rondo/runtime/system_selector.h"

namespace rondo {

enum class SelectorKind { kEpoll, kPoll, kSelect, kIoUring };

// "epoll", "poll", "select", "io_uring".
const char* SelectorName(SelectorKind kind);

// What RONDO_SELECTOR says; no value if it is not set, or empty.
// Throws: ValueError for anything but a name as above.
std::optional<SelectorKind> RequestedSelector();

// Throws: std::system_error if the system does not allow it.
std::unique_ptr<SystemSelector> MakeSelector(
    SelectorKind kind, int max_skips = SystemSelector::kDefaultSkips);

// The same; but where there is no io_uring, or it is forbidden (as containers
// often do), it is epoll, and standard error says so, once in a process.
std::unique_ptr<SystemSelector> MakeSelectorOrEpoll(SelectorKind kind);

}  // namespace rondo

#endif  // RONDO_RUNTIME_MAKE_SELECTOR_H_
