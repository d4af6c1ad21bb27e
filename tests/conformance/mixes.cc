#include "rondo/tests/conformance/mixes.h"

#include <cstddef>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "rondo/runtime/barrier.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/text.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

constexpr int kTurns = 60;
constexpr char kOk[] = "ok";

struct World {
  std::string Cancel(std::size_t task) {
    const std::string message = "by turn " + std::to_string(turn);
    return tasks.at(task).Cancel(message) ? "1" : "0";
  }

  Lock locks[2];
  Event event;
  Semaphore one{1};
  Semaphore two{2};
  BoundedSemaphore bounded{1};
  Semaphore* semaphores[3] = {&one, &two, &bounded};
  Condition own;
  Condition shared{&locks[1]};
  Condition* conditions[2] = {&own, &shared};
  Barrier pair{2};
  Barrier trio{3};
  Barrier* barriers[2] = {&pair, &trio};
  Queue<int> fifo{2};
  PriorityQueue<int> heap{3};
  LifoQueue<int> stack{1};
  int counter = 0;
  int turn = 0;
  std::vector<Task<>> tasks;
  std::vector<std::string> lines;
};

Coro<std::string> Call(World& w, MixOperation op) {
  if (op.name == "yield") {
    co_await Yield();
  } else if (op.name == "count") {
    ++w.counter;
  } else if (op.name == "cancel") {
    co_return w.Cancel(op.which);
  } else if (op.name == "uncancel") {
    co_return std::to_string(CurrentTask().Uncancel());
  } else if (op.name == "event.set") {
    w.event.Set();
  } else if (op.name == "event.clear") {
    w.event.Clear();
  } else if (op.name == "event.wait") {
    co_await w.event.Wait();
  } else {
    throw std::logic_error("unknown operation " + op.name);
  }
  co_return kOk;
}

// Of a lock or a semaphore.
template <class L>
Coro<std::string> CallLock(L& lock, std::string method) {
  if (method == "acquire") {
    co_await lock.Acquire();
  } else {
    lock.Release();
  }
  co_return kOk;
}

Coro<std::string> CallCondition(World& w, Condition& condition,
                                std::string method, int argument) {
  if (method == "wait") {
    co_await condition.Wait();
  } else if (method == "wait_for") {
    const auto counted = [&w, argument] { return w.counter >= argument; };
    co_await condition.WaitFor(counted);
  } else if (method == "notify") {
    condition.Notify(static_cast<std::size_t>(argument));
  } else if (method == "notify_all") {
    condition.NotifyAll();
  } else {
    co_return co_await CallLock(condition, method);
  }
  co_return kOk;
}

Coro<std::string> CallBarrier(Barrier& barrier, std::string method) {
  if (method == "wait") co_return std::to_string(co_await barrier.Wait());
  if (method == "reset") co_await barrier.Reset();
  if (method == "abort") co_await barrier.Abort();
  co_return kOk;
}

template <class Q>
Coro<std::string> CallQueue(Q& queue, std::string method, int argument) {
  if (method == "get") co_return std::to_string(co_await queue.Get());
  if (method == "get_nowait") co_return std::to_string(queue.GetNowait());
  if (method == "put") co_await queue.Put(argument);
  if (method == "put_nowait") queue.PutNowait(argument);
  if (method == "task_done") queue.TaskDone();
  if (method == "join") co_await queue.Join();
  if (method == "shutdown") queue.Shutdown(/*immediate=*/argument != 0);
  co_return kOk;
}

Coro<std::string> Dispatch(World& w, const MixOperation& op) {
  const std::size_t dot = op.name.find('.');
  const std::string kind = op.name.substr(0, dot);
  const std::string method = op.name.substr(dot + 1);
  if (kind == "lock") return CallLock(w.locks[op.which], method);
  if (kind == "semaphore") return CallLock(*w.semaphores[op.which], method);
  if (kind == "condition") {
    return CallCondition(w, *w.conditions[op.which], method, op.argument);
  }
  if (kind == "barrier") return CallBarrier(*w.barriers[op.which], method);
  if (kind != "queue") return Call(w, op);
  if (op.which == 0) return CallQueue(w.fifo, method, op.argument);
  if (op.which == 1) return CallQueue(w.heap, method, op.argument);
  return CallQueue(w.stack, method, op.argument);
}

// "CancelledError by turn 3", or the name.
std::string ErrorText(const CancelledError& error) {
  const std::string& message = error.message();
  return message.empty() ? "CancelledError" : "CancelledError " + message;
}

Coro<> RunTask(World& w, std::size_t number, MixTask task) {
  for (const MixOperation& op : task.todo) {
    const auto note = [&](const std::string& end) {
      w.lines.push_back(std::to_string(w.turn) + " " + std::to_string(number) +
                        " " + op.name + " " + std::to_string(op.which) + " " +
                        end);
    };
    try {
      const std::string result = co_await Dispatch(w, op);
      note(result);
    } catch (const CancelledError& error) {
      note(ErrorText(error));
      if (task.leaves) throw;
    } catch (const std::exception&) {
      note(CaughtText());
    }
  }
}

// So that every program ends.
void End(World& w) {
  for (Lock& lock : w.locks) {
    if (lock.locked()) lock.Release();
  }
  if (w.own.locked()) w.own.Release();
  for (Task<>& task : w.tasks) task.Cancel();
}

Coro<> RunAll(World& w, std::vector<MixTask> tasks) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    w.tasks.push_back(CreateTask(RunTask(w, i, tasks[i])));
  }
  for (; w.turn < 2 * kTurns; ++w.turn) {
    if (w.turn >= kTurns) End(w);
    co_await Yield();
  }
}

// "task leaves; lock.acquire 1 0; yield 0 0".
MixTask ParseTask(const std::string& line) {
  std::istringstream parts(line);
  std::string part;
  std::getline(parts, part, ';');
  MixTask task;
  task.leaves = part == "task leaves";
  while (std::getline(parts, part, ';')) {
    MixOperation op;
    std::istringstream(part) >> op.name >> op.which >> op.argument;
    task.todo.push_back(std::move(op));
  }
  return task;
}

}  // namespace

std::vector<Mix> ReadMixes(std::string_view path) {
  std::vector<Mix> mixes;
  std::ifstream file{std::string(path)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("program ")) {
      mixes.emplace_back().name = line;
    } else if (line.starts_with("task ")) {
      mixes.back().tasks.push_back(ParseTask(line));
    } else {
      mixes.back().lines.push_back(line);
    }
  }
  return mixes;
}

std::vector<std::string> RunMix(const Mix& mix) {
  World world;
  VirtualLoop loop;
  Runner runner(loop.loop());
  runner.Run(RunAll(world, mix.tasks));
  runner.Close();
  return std::move(world.lines);
}

}  // namespace rondo::conformance
