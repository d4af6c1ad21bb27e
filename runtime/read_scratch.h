// Where bytes are between the kernel and who keeps them.
#ifndef RONDO_RUNTIME_READ_SCRATCH_H_
#define RONDO_RUNTIME_READ_SCRATCH_H_

#include <span>

namespace rondo::internal {

// One for each thread: valid until the next read on it. 256 KiB, which is the
// most that one readiness brings.
// Source: asyncio.selector_events._SelectorSocketTransport.max_size.
std::span<char> ReadScratch();

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_READ_SCRATCH_H_
