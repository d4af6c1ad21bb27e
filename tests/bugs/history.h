// The concurrency bugs of asyncio's history, by the names of their scenarios.
//
// A scenario runs the old code, written anew; `rondo` is the scenario that asks
// the same of rondo's own.
#ifndef RONDO_TESTS_BUGS_HISTORY_H_
#define RONDO_TESTS_BUGS_HISTORY_H_

#include <array>

namespace rondo {

struct HistoricalBug {
  const char* name;
  const char* rondo;
  const char* signature;
  const char* report;     // Where it was reported first.
  const char* primitive;  // As asyncio calls it.
  const char* wrong;      // What goes wrong.
};

inline constexpr std::array<HistoricalBug, 24> kHistory = {{
    {"LockForgetsWakeUp", "RondoLock", "fail: lost wake-up", "bpo-27585",
     "Lock", "the woken waiter is cancelled, and the next never told"},
    {"LockGrantsTwice", "RondoLock", "fail: two owners", "bpo-32734", "Lock",
     "a cancelled waiter wakes the next though the lock is held"},
    {"SemaphoreForgetsWakeUp", "RondoSemaphore", "fail: lost wake-up",
     "python/asyncio#270", "Semaphore",
     "the woken waiter is cancelled, and the permit lies idle"},
    {"SemaphoreStarvesWaiter", "RondoSemaphoreInOrder", "fail: overtaken",
     "bpo-45997", "Semaphore",
     "a newcomer takes the permit; the woken waiter goes to the back"},
    {"SemaphoreKeepsStaleFlag", "RondoSemaphore", "fail: lost wake-up",
     "gh-90155", "Semaphore",
     "who was woken is cancelled, and is waited for ever after"},
    {"ConditionForgetsNotification", "RondoCondition",
     "fail: lost notification", "gh-112202", "Condition",
     "who was notified is cancelled, and nobody else is notified"},
    {"ConditionLeavesWithoutLock", "RondoCondition", "fail: lock not held",
     "bpo-22970", "Condition", "a cancellation leaves wait() without the lock"},
    {"ConditionSwallowsCancellation", "RondoCondition",
     "fail: swallowed cancellation", "bpo-32841", "Condition",
     "a cancellation on the way to the lock is forgotten"},
    {"QueueLosesItem", "RondoQueue", "fail: lost item", "bpo-23812", "Queue",
     "the getter that was handed an item is cancelled"},
    {"QueueForgetsWakeUp", "RondoQueue", "fail: lost wake-up",
     "python/asyncio#269", "Queue",
     "the woken getter is cancelled, and the item lies there"},
    {"QueueOvertakesPutter", "RondoQueueWithLock", "fail: overtaken",
     "bpo-38874", "Queue", "a new put goes before the putter that was woken"},
    {"WaitForSwallowsCancellation", "RondoWaitFor",
     "fail: swallowed cancellation", "bpo-42130", "wait_for",
     "cancelled as the result comes, it returns the result"},
    {"WaitForReturnsEarly", "RondoWaitFor", "fail: left running", "bpo-32751",
     "wait_for", "the task that took too long still runs afterwards"},
    {"WaitForHidesError", "RondoWaitForError", "fail: hidden error",
     "bpo-40607", "wait_for",
     "TimeoutError replaces the error of the task's clean-up"},
    {"GatherSwallowsCancellation", "RondoGather",
     "fail: swallowed cancellation", "bpo-32684", "gather",
     "its own cancellation becomes a list of results"},
    {"ShieldLeaksCallbacks", "RondoShield", "fail: callbacks left", "bpo-35125",
     "shield", "every wait that is given up leaves a callback behind"},
    {"TaskGroupSwallowsCancellation", "RondoTaskGroupInGroup",
     "fail: swallowed cancellation", "gh-116720", "TaskGroup",
     "an inner group takes the outer one's cancellation for its own"},
    {"TaskGroupKeepsCount", "RondoTaskGroupInTimeout",
     "fail: timeout as cancellation", "gh-95289", "TaskGroup",
     "the parent's count of cancellations stays too high"},
    {"TimeoutTrustsNobody", "RondoTimeout", "fail: timeout as cancellation",
     "gh-102780", "timeout",
     "no TimeoutError in a task that was cancelled once before"},
    {"TaskIgnoresItself", "RondoTask", "fail: ignored cancellation",
     "bpo-30048", "Task", "it cancels itself, and returns its result"},
    {"DrainTakesOneWaiter", "RondoStream", "fail: send failed", "bpo-29930",
     "StreamWriter", "the second task in drain() fails"},
    {"SockRecvRemovesSuccessor", "RondoSockRecv", "fail: lost reader",
     "bpo-30064", "sock_recv",
     "a cancelled call removes the reader of the next"},
    {"WaitClosedReturnsEarly", "RondoServerWaits", "fail: open connection",
     "bpo-34852", "Server", "wait_closed() returns with a connection open"},
    {"ServerCloseMeetsAccept", "RondoServer", "fail: error of nobody",
     "gh-109564", "Server",
     "closed between accept and transport: the connection fails"},
}};

}  // namespace rondo

#endif  // RONDO_TESTS_BUGS_HISTORY_H_
