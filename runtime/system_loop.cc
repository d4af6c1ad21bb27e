#include "rondo/runtime/system_loop.h"

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/posix_network.h"
#include "rondo/runtime/posix_process.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_random.h"
#include "rondo/runtime/thread_pool_executor.h"

namespace rondo {
namespace {

struct SystemSeams {
  SystemClock clock;
  EpollSelector selector;
  PosixNetwork network;
  SystemRandom random;
  ThreadPoolExecutor executor;
  PosixProcessSpawner processes;
};

// The seams come first: they must outlive the loop.
class SystemLoop final : private SystemSeams, public EventLoop {
 public:
  SystemLoop() : EventLoop(Seams(*this)) { set_debug(DebugRequested()); }

 private:
  static LoopSeams Seams(SystemSeams& seams) {
    LoopSeams result;
    result.clock = &seams.clock;
    result.selector = &seams.selector;
    result.network = &seams.network;
    result.random = &seams.random;
    result.takes_signals = true;
    result.executor = &seams.executor;
    result.processes = &seams.processes;
    return result;
  }
};

}  // namespace

std::unique_ptr<EventLoop> MakeSystemLoop() {
  return std::make_unique<SystemLoop>();
}

}  // namespace rondo
