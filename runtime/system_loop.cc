#include "rondo/runtime/system_loop.h"

#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/posix_network.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_random.h"

namespace rondo {
namespace {

struct SystemSeams {
  SystemClock clock;
  EpollSelector selector;
  PosixNetwork network;
  SystemRandom random;
};

// The seams come first: they must outlive the loop.
class SystemLoop final : private SystemSeams, public EventLoop {
 public:
  SystemLoop() : EventLoop(Seams(*this)) {}

 private:
  static LoopSeams Seams(SystemSeams& seams) {
    LoopSeams result;
    result.clock = &seams.clock;
    result.selector = &seams.selector;
    result.network = &seams.network;
    result.random = &seams.random;
    result.takes_signals = true;
    return result;
  }
};

}  // namespace

std::unique_ptr<EventLoop> MakeSystemLoop() {
  return std::make_unique<SystemLoop>();
}

}  // namespace rondo
