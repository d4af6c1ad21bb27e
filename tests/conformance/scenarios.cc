#include "rondo/tests/conformance/scenarios.h"

#include <algorithm>
#include <iterator>

namespace rondo::conformance {

Scenarios AllScenarios() {
  Scenarios all;
  for (Scenarios (*group)() :
       {BarrierScenarios,   CallSoonScenarios,  CancelScenarios,
        ConditionScenarios, ContextScenarios,   DatagramScenarios,
        EventScenarios,     FutureScenarios,    GatherScenarios,
        LockScenarios,      LoopScenarios,      ProtocolScenarios,
        SocketScenarios,    StreamScenarios,    QueueScenarios,
        RunScenarios,       SemaphoreScenarios, ShieldScenarios,
        TaskGroupScenarios, TaskScenarios,      ThreadScenarios,
        TimeoutScenarios,   TimerScenarios,     WaitForScenarios,
        WaitScenarios}) {
    std::ranges::copy(group(), std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &Scenario::name);
  return all;
}

}  // namespace rondo::conformance
