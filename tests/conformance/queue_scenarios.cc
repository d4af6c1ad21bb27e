// Queues.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

using Texts = Queue<std::string>;

Coro<> WithoutWaiting(Env& env) {
  Queue<int> queue(2);
  queue.PutNowait(1);
  queue.PutNowait(2);
  try {
    queue.PutNowait(3);
  } catch (const QueueFull&) {
    env.Log("1 ", CaughtText(), " full=", queue.full(),
            " size=", queue.qsize());
  }
  const int first = queue.GetNowait();
  const bool empty = queue.empty();
  const int second = co_await queue.Get();
  env.Log("1 ", first, " empty=", empty, " ", second);
  try {
    queue.GetNowait();
  } catch (const QueueEmpty&) {
    env.Log("1 ", CaughtText());
  }
}

Coro<> PutThree(Env& env, Queue<int>& queue) {
  for (const int value : {10, 20, 30}) {
    co_await queue.Put(value);
    env.Log("put ", value, " at ", env.t());
  }
}

Coro<> GetThree(Env& env, Queue<int>& queue) {
  for (int i = 0; i < 3; ++i) {
    co_await Sleep(500ms);
    const int value = co_await queue.Get();
    env.Log("got ", value, " at ", env.t());
  }
}

Coro<> GetOne(Env& env, std::string name, Texts& queue) {
  const std::string value = co_await queue.Get();
  env.Log(name, " got ", value, " at ", env.t());
}

Coro<> InTheOrderOfWaiting(Env& env) {
  Texts queue;
  std::vector<Task<>> getters;
  for (const char* name : {"C1", "C2", "C3"}) {
    getters.push_back(CreateTask(GetOne(env, name, queue), name));
  }
  co_await Yield();
  for (const char* value : {"x", "y", "z"}) queue.PutNowait(value);
  co_await WaitForAll(getters);
}

template <class Q>
Coro<std::vector<int>> PutAndGet(std::vector<int> values) {
  Q queue;
  for (const int value : values) co_await queue.Put(value);
  for (int& value : values) value = co_await queue.Get();
  co_return values;
}

Coro<> Stolen(Env& env) {
  Texts queue;
  const Task<> waiter = CreateTask(GetOne(env, "W", queue), "W");
  co_await Yield();
  queue.PutNowait("stolen");
  env.Log("6 ", queue.GetNowait());
  co_await Sleep(250ms);
  queue.PutNowait("kept");
  co_await waiter;
}

// Without waiting; a slow consumer; several consumers; the other two orders;
// an item that another takes before the task that was woken for it.
Coro<> QueueBasic(Env& env) {
  co_await WithoutWaiting(env);
  Queue<int> queue(1);
  const Task<> producer = CreateTask(PutThree(env, queue), "P");
  const Task<> consumer = CreateTask(GetThree(env, queue), "C");
  co_await WaitForAll(producer, consumer);
  co_await InTheOrderOfWaiting(env);
  const std::vector<int> up = {1, 2, 3};
  const std::vector<int> lifo = co_await PutAndGet<LifoQueue<int>>(up);
  env.Log("lifo ", lifo);
  const std::vector<int> mixed = {5, 1, 4, 2, 3};
  const std::vector<int> sorted = co_await PutAndGet<PriorityQueue<int>>(mixed);
  env.Log("priority ", sorted);
  co_await Stolen(env);
}

Coro<> Getter(Env& env, std::string name, Texts& queue) {
  try {
    const std::string value = co_await queue.Get();
    env.Log(name, " got ", value);
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
}

Coro<> Putter(Env& env, std::string name, std::string value, Texts& queue) {
  try {
    co_await queue.Put(value);
    env.Log(name, " put ", value);
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
}

Coro<> CancelAWokenGetter(Env& env) {
  Texts queue;
  Task<> a = CreateTask(Getter(env, "A", queue), "A");
  const Task<> b = CreateTask(Getter(env, "B", queue), "B");
  co_await Yield();
  queue.PutNowait("i1");
  a.Cancel();
  co_await WaitForAll(a, b);
}

Coro<> CancelAWokenPutter(Env& env) {
  Texts queue(1);
  queue.PutNowait("f1");
  Task<> c = CreateTask(Putter(env, "C", "c", queue), "C");
  const Task<> d = CreateTask(Putter(env, "D", "d", queue), "D");
  co_await Yield();
  env.Log("2 ", queue.GetNowait());
  c.Cancel();
  co_await WaitForAll(c, d);
  const std::string left = queue.GetNowait();
  env.Log("2 ", left, " empty=", queue.empty());
}

Coro<> CancelAGetter(Env& env) {
  Texts queue;
  Task<> e = CreateTask(Getter(env, "E", queue), "E");
  co_await Yield();
  e.Cancel();
  co_await WaitForAll(e);
  queue.PutNowait("i3");
  env.Log("3 ", queue.GetNowait());
}

Coro<> Timed(Env& env, std::string name, Texts& queue) {
  try {
    const std::string value = co_await WaitFor(AsCoro(queue.Get()), 500ms);
    env.Log(name, " got ", value, " at ", env.t());
  } catch (const TimeoutError&) {
    env.Log(name, " ", CaughtText(), " at ", env.t(), " size=", queue.qsize());
  }
}

Coro<> PutAtTheTimeLimit(Env& env) {
  EventLoop& loop = env.loop();
  Texts queue;
  const auto put_item = [&queue] { queue.PutNowait("item"); };
  loop.CallLater(500ms, put_item, "put_item");
  co_await CreateTask(Timed(env, "F", queue), "F");
  env.Log("4 size=", queue.qsize());
  const Task<> g = CreateTask(Timed(env, "G", queue), "G");
  co_await Yield();
  loop.CallLater(500ms, put_item, "put_item");
  co_await g;
  co_await Sleep(250ms);
  env.Log("5 size=", queue.qsize());
}

// Cancelled getters and putters lose neither items nor wake-ups: woken before,
// or not, or cancelled by a time limit at the very moment of the item.
Coro<> QueueCancel(Env& env) {
  co_await CancelAWokenGetter(env);
  co_await CancelAWokenPutter(env);
  co_await CancelAGetter(env);
  co_await PutAtTheTimeLimit(env);
}

Coro<> Worker(Env& env, std::string name, Queue<int>& queue) {
  for (;;) {
    const int item = co_await queue.Get();
    env.Log(name, " item ", item);
    co_await Sleep(250ms);
    env.Log(name, " done ", item, " at ", env.t());
    queue.TaskDone();
  }
}

Coro<> Joiner(Env& env, Queue<int>& queue) {
  co_await queue.Join();
  env.Log("J joined at ", env.t());
}

// Until two workers have dealt with five items; at once; until the last of
// one. Once more is an error.
Coro<> QueueJoin(Env& env) {
  Queue<int> queue;
  for (int i = 0; i < 5; ++i) queue.PutNowait(i);
  std::vector<Task<>> workers;
  for (const char* name : {"W1", "W2"}) {
    workers.push_back(CreateTask(Worker(env, name, queue), name));
  }
  co_await queue.Join();
  env.Log("joined at ", env.t());
  for (Task<>& worker : workers) worker.Cancel();
  co_await WaitForAll(workers);
  co_await queue.Join();
  env.Log("joined again at ", env.t());

  queue.PutNowait(5);
  const Task<> joiner = CreateTask(Joiner(env, queue), "J");
  co_await Sleep(500ms);
  queue.GetNowait();
  queue.TaskDone();
  co_await joiner;
  try {
    queue.TaskDone();
  } catch (const ValueError&) {
    env.Log(CaughtText());
  }
}

Coro<> Producer(Env& env, std::string name, std::string prefix, Nanoseconds gap,
                Texts& queue) {
  for (int i = 0; i < 3; ++i) {
    co_await Sleep(gap);
    const std::string value = prefix + std::to_string(i);
    co_await queue.Put(value);
    env.Log(name, " put ", value, " at ", env.t());
  }
}

Coro<> Consumer(Env& env, std::string name, Texts& queue) {
  for (;;) {
    const std::string value = co_await queue.Get();
    if (value == "stop") {
      queue.PutNowait(value);
      env.Log(name, " stops at ", env.t());
      co_return;
    }
    env.Log(name, " took ", value, " at ", env.t());
    co_await Sleep(500ms);
  }
}

// Two of each and a bounded queue; a last item tells the consumers to stop.
Coro<> ProducerConsumer(Env& env) {
  Texts queue(2);
  const Task<> c1 = CreateTask(Consumer(env, "C1", queue), "C1");
  const Task<> c2 = CreateTask(Consumer(env, "C2", queue), "C2");
  const Task<> p1 = CreateTask(Producer(env, "P1", "a", 250ms, queue), "P1");
  const Task<> p2 = CreateTask(Producer(env, "P2", "b", 375ms, queue), "P2");
  co_await Gather(p1, p2);
  co_await queue.Put("stop");
  co_await Gather(c1, c2);
  env.Log("end at ", env.t(), " size=", queue.qsize());
}

}  // namespace

Scenarios QueueScenarios() {
  return {{"producer_consumer", ProducerConsumer},
          {"queue_basic", QueueBasic},
          {"queue_cancel", QueueCancel},
          {"queue_join", QueueJoin}};
}

}  // namespace rondo::conformance
