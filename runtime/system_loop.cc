#include "rondo/runtime/system_loop.h"

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/make_selector.h"
#include "rondo/runtime/posix_network.h"
#include "rondo/runtime/posix_process.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_random.h"
#include "rondo/runtime/thread_pool_executor.h"

namespace rondo {
namespace {

std::unique_ptr<Selector> MakeSelectorOf(const SystemLoopOptions& options) {
  std::optional<SelectorKind> kind = options.selector;
  if (!kind.has_value()) kind = RequestedSelector();
  if (!kind.has_value()) kind = SelectorKind::kEpoll;
  return options.strict ? MakeSelector(*kind) : MakeSelectorOrEpoll(*kind);
}

struct SystemSeams {
  explicit SystemSeams(const SystemLoopOptions& options)
      : selector(MakeSelectorOf(options)) {}

  SystemClock clock;
  std::unique_ptr<Selector> selector;
  PosixNetwork network;
  SystemRandom random;
  ThreadPoolExecutor executor;
  PosixProcessSpawner processes;
};

// The seams come first: they must outlive the loop.
class SystemLoop final : private SystemSeams, public EventLoop {
 public:
  explicit SystemLoop(const SystemLoopOptions& options)
      : SystemSeams(options), EventLoop(Seams(*this)) {
    set_debug(DebugRequested());
  }

 private:
  static LoopSeams Seams(SystemSeams& seams) {
    LoopSeams result;
    result.clock = &seams.clock;
    result.selector = seams.selector.get();
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
  return std::make_unique<SystemLoop>(SystemLoopOptions());
}

std::function<std::unique_ptr<EventLoop>()> SystemLoopFactory(
    SystemLoopOptions options) {
  return [options] { return std::make_unique<SystemLoop>(options); };
}

}  // namespace rondo
