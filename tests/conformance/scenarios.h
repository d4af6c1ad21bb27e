// The scenarios of traces/asyncio, written in C++ on rondo's public API.
//
// To add one, write it in the file of its group, name it in the list at the
// file's end, and put the trace that CPython gives into traces/asyncio.
#ifndef RONDO_TESTS_CONFORMANCE_SCENARIOS_H_
#define RONDO_TESTS_CONFORMANCE_SCENARIOS_H_

#include "rondo/tests/conformance/scenario.h"

namespace rondo::conformance {

// One group a file, x_scenarios.cc.
Scenarios BarrierScenarios();
Scenarios CallSoonScenarios();
Scenarios CancelScenarios();
Scenarios ConditionScenarios();
Scenarios ContextScenarios();
Scenarios DatagramScenarios();
Scenarios EventScenarios();
Scenarios FutureScenarios();
Scenarios GatherScenarios();
Scenarios LockScenarios();
Scenarios LoopScenarios();
Scenarios ProtocolScenarios();
Scenarios QueueScenarios();
Scenarios RunScenarios();
Scenarios SemaphoreScenarios();
Scenarios ShieldScenarios();
Scenarios SocketScenarios();
Scenarios StreamScenarios();
Scenarios TaskGroupScenarios();
Scenarios TaskScenarios();
Scenarios ThreadScenarios();
Scenarios TimeoutScenarios();
Scenarios TimerScenarios();
Scenarios WaitForScenarios();
Scenarios WaitScenarios();

// All of them, by name.
Scenarios AllScenarios();

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_SCENARIOS_H_
