// An event loop of the real world: the machine's clock, epoll, sockets,
// threads, and entropy.
#ifndef RONDO_RUNTIME_SYSTEM_LOOP_H_
#define RONDO_RUNTIME_SYSTEM_LOOP_H_

#include <memory>

#include "rondo/runtime/event_loop.h"

namespace rondo {

// Throws: std::system_error if the system has no descriptors left.
std::unique_ptr<EventLoop> MakeSystemLoop();

}  // namespace rondo

#endif  // RONDO_RUNTIME_SYSTEM_LOOP_H_
