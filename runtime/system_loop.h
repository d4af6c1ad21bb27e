// An event loop of the real world: the machine's clock, readiness, sockets,
// threads, and entropy.
//
//   rondo::Run(Serve());  // epoll, or what RONDO_SELECTOR says.
//   rondo::Run(Serve(),
//              rondo::SystemLoopFactory(
//                  {.selector = rondo::SelectorKind::kIoUring}));
#ifndef RONDO_RUNTIME_SYSTEM_LOOP_H_
#define RONDO_RUNTIME_SYSTEM_LOOP_H_

#include <functional>
#include <memory>
#include <optional>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/make_selector.h"

namespace rondo {

struct SystemLoopOptions {
  // No value: what RONDO_SELECTOR in the environment says, or else epoll.
  std::optional<SelectorKind> selector = std::nullopt;
  // Where the system does not allow io_uring: refuse, rather than say so and
  // take epoll.
  bool strict = false;
};

// Throws: std::system_error if the system has no descriptors left, or does not
// allow the selector; ValueError if RONDO_SELECTOR names none.
std::unique_ptr<EventLoop> MakeSystemLoop();

// Makes such loops, for Run and Runner. Throws, when called: as above.
std::function<std::unique_ptr<EventLoop>()> SystemLoopFactory(
    SystemLoopOptions options);

}  // namespace rondo

#endif  // RONDO_RUNTIME_SYSTEM_LOOP_H_
