#include "rondo/runtime/event_loop.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <typeinfo>
#include <vector>

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/generator_core.h"
#include "rondo/runtime/thread_number.h"
#include "rondo/runtime/type_name.h"

namespace rondo {

using internal::LoopCore;
using internal::Node;
using internal::running_core;
using internal::TaskCore;

namespace {

// Source: asyncio.base_events.MAXIMUM_SELECT_TIMEOUT.
constexpr Nanoseconds kLongestWait = std::chrono::hours(24);

// Makes a loop the running one of this thread.
class Running {
 public:
  explicit Running(LoopCore* core) : previous_(running_core) {
    running_core = core;
  }
  Running(const Running&) = delete;
  ~Running() { running_core = previous_; }

 private:
  LoopCore* previous_;
};

// Restores what handles change while they run.
class Outside {
 public:
  explicit Outside(LoopCore* core)
      : core_(core), context_(internal::current_context) {}
  Outside(const Outside&) = delete;
  ~Outside() {
    Restore();
    core_->running_node = nullptr;
  }

  void Restore() const { internal::current_context = context_; }

 private:
  LoopCore* core_;
  internal::ContextSlot* context_;
};

}  // namespace

EventLoop::EventLoop(const LoopSeams& seams)
    : core_(new LoopCore(seams, this)), io_(core_) {
  core_->io = &io_;
}

EventLoop::~EventLoop() {
  core_->running = false;
  Close();
  core_->loop = nullptr;
  core_->pool->Release();  // The last block to come back deletes the core.
}

void EventLoop::DrainInbox() {
  for (internal::Inbox::Item& item : core_->inbox->Drain()) {
    internal::AnnounceArrival(core_, item);
    internal::QueueItem(core_, std::move(item));
  }
}

std::optional<Nanoseconds> EventLoop::Prepare() {
  if (!core_->inbox->empty()) DrainInbox();
  if (core_->ready_head != nullptr || core_->stopping) return Nanoseconds(0);
  const std::int64_t deadline = core_->timers.MinDeadline();
  if (deadline == internal::TimerQueue::kNever) return std::nullopt;
  return std::clamp(Nanoseconds(deadline) - time(), Nanoseconds(0),
                    kLongestWait);
}

void EventLoop::Finish(std::span<const ReadyEvent> events,
                       std::optional<Nanoseconds> timeout) {
  const Running running(core_);
  Turn(events, timeout);
}

void EventLoop::FireTimers(std::span<const ReadyEvent> events,
                           std::optional<Nanoseconds> timeout) {
  LoopCore* const core = core_;
  LoopObserver* const observer = core->seams.observer;
  const Nanoseconds now = time();
  if (observer != nullptr) observer->OnSelected(now, timeout, events);
  const Nanoseconds limit = now + core->seams.clock->resolution();
  while (Node* const timer = core->timers.PopDue(limit.count() - 1)) {
    core->Push(timer);
    if (observer != nullptr) observer->OnTimerFired(core->Describe(timer));
  }
}

// What comes before the run of a callback. True: it is not to be run.
inline bool SkipOrMark(Node* node) {
  if (node->HasAny(Node::kCancelled | Node::kRepeats)) [[unlikely]] {
    node->Unset(Node::kQueued);
    if (node->Has(Node::kCancelled)) {
      node->Unref();
      return true;
    }
  }
  internal::current_context = &node->context;
  return false;
}

// Tells the exception handler what `node` has thrown, in the node's context,
// and ends its run. REQUIRES: that exception is being handled.
[[gnu::noinline]] void EndFailedRun(LoopCore* core, Node* node) {
  struct End {
    Node* node;
    ~End() { node->EndRun(); }
  } const end{node};
  try {
    throw;
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    core->Report("Exception in callback", std::current_exception(),
                 core->watched ? core->Describe(node).label() : "");
  }
}

[[gnu::always_inline]] inline void RunUnwatched(LoopCore* core, Node* node) {
  if (node->Has(Node::kTask)) {
    internal::current_context = &node->context;
    static_cast<TaskCore*>(node)->Step(core);
    return;
  }
  if (SkipOrMark(node)) return;
  try {
    node->Run();
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    EndFailedRun(core, node);
  }
}

// Runs what is ready now; what comes later waits. REQUIRES: something is.
[[gnu::always_inline]] inline void RunAllUnwatched(LoopCore* core) {
  Node** const end = core->ready_tail;
  bool last;
  do {
    Node* const node = core->Pop();
    last = &node->next == end;  // Before its end.
    RunUnwatched(core, node);
  } while (!last);
}

// Up to `turns` turns, as long as they would only run nodes. (All it needs is
// in registers: this is where a busy loop is.)
[[gnu::noinline]] void RunShortTurns(LoopCore* core,
                                     const std::atomic<bool>& posted,
                                     int turns) {
  while (--turns >= 0 && core->ready_head != nullptr && !core->stopping &&
         core->timers.live() == 0 && !posted.load(std::memory_order_acquire)) {
    RunAllUnwatched(core);
  }
}

void EventLoop::RunWatched(Node* node) {
  LoopCore* const core = core_;
  if (SkipOrMark(node)) return;
  core->running_node = node;
  if (LoopObserver* const observer = core->seams.observer) {
    observer->OnRun(core->Describe(node));
  }
  core->debug ? CallTimed(node) : Call(node);
}

void EventLoop::Call(Node* node) {
  LoopCore* const core = core_;
  if (node->Has(Node::kTask)) {
    node->Run();
    return;
  }
  try {
    node->Run();
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    EndFailedRun(core, node);
  }
}

// In debug mode. A node may be gone when it has run.
void EventLoop::CallTimed(Node* node) {
  const HandleInfo info = core_->Describe(node);
  const std::string name =
      info.name.empty() ? internal::TypeName(typeid(*node)) : info.label();
  const Nanoseconds start = time();
  Call(node);
  const Nanoseconds took = time() - start;
  if (took < core_->slow_callback) return;
  core_->Report(
      "Executing " + name + " took " + internal::SecondsText(took) + " seconds",
      nullptr);
}

// Runs what is ready now; what comes later waits.
void EventLoop::RunReady() {
  LoopCore* const core = core_;
  if (core->ready_head == nullptr) return;
  if (core->seams.ready_order != nullptr) {
    RunReadyInOrder();
  } else if (core->watched) {
    Node** const end = core->ready_tail;
    bool last;
    do {
      Node* const node = core->Pop();
      last = &node->next == end;  // Before its end.
      RunWatched(node);
    } while (!last);
  } else {
    RunAllUnwatched(core);
  }
}

void EventLoop::Turn(std::span<const ReadyEvent> events,
                     std::optional<Nanoseconds> timeout) {
  LoopCore* const core = core_;
  LoopObserver* const observer = core->seams.observer;
  ++core->turns;
  if (!events.empty()) core->io->Process(events);
  if (!core->inbox->empty()) DrainInbox();
  if (core->timers.live() > 0 || observer != nullptr) {
    FireTimers(events, timeout);
  }
  // Also when something leaves the loop: the iteration is over.
  struct End {
    LoopCore* core;
    LoopObserver* observer;
    ~End() {
      if (observer == nullptr) return;
      observer->OnIterationEnd(core->ReadyCount(), core->timers.live());
    }
  } const end{core, observer};
  const Outside outside(core);
  RunReady();
}

// As RunReady, but the ready order chooses who is next.
void EventLoop::RunReadyInOrder() {
  LoopCore* const core = core_;
  std::vector<Node*> waiting;
  waiting.reserve(core->ReadyCount());
  while (core->ready_head != nullptr) waiting.push_back(core->Pop());
  // If something leaves the loop, the rest stays ready.
  struct Requeue {
    LoopCore* core;
    std::vector<Node*>& nodes;
    ~Requeue() { core->PushFront(nodes); }
  } const requeue{core, waiting};
  std::vector<HandleInfo> candidates;
  std::vector<std::size_t> places;
  while (!waiting.empty()) {
    candidates.clear();
    places.clear();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i]->Has(Node::kCancelled)) continue;
      HandleInfo info = core->Describe(waiting[i]);
      const bool overtakes =
          info.order_key != 0 && !core->seams.adversarial &&
          std::any_of(candidates.begin(), candidates.end(),
                      [&](const HandleInfo& earlier) {
                        return earlier.order_key == info.order_key;
                      });
      if (overtakes) continue;
      candidates.push_back(info);
      places.push_back(i);
    }
    std::size_t place = 0;
    if (candidates.size() > 1) {
      place = places[core->seams.ready_order->PickReady(candidates)];
    } else if (!places.empty()) {
      place = places[0];
    }
    Node* const node = waiting[place];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(place));
    RunWatched(node);
  }
}

void EventLoop::RunOnce() {
  const Running running(core_);
  const std::optional<Nanoseconds> timeout = Prepare();
  Finish(core_->seams.selector->Select(timeout), timeout);
}

void EventLoop::RunForever() {
  if (core_->closed) throw RuntimeError("Event loop is closed");
  if (core_->running) throw RuntimeError("This event loop is already running");
  if (running_core != nullptr) {
    throw RuntimeError(
        "Cannot run the event loop while another loop is running");
  }
  if (core_->seams.driven) {
    throw RuntimeError("a simulated host's loop is run by its Simulation");
  }
  struct Stopped {
    LoopCore* core;
    ~Stopped() {
      core->running = false;
      core->stopping = false;
    }
  } const stopped{core_};
  core_->running = true;
  core_->thread = internal::ThreadNumber();
  const Running running(core_);
  RunTurns();
}

// RunOnce until Stop; but turns that would only run nodes, of a loop that
// nobody watches, take a shorter way.
void EventLoop::RunTurns() {
  LoopCore* const core = core_;
  Selector* const selector = core->seams.selector;
  do {
    const std::optional<Nanoseconds> timeout = Prepare();
    Turn(selector->Select(timeout), timeout);
    if (!core->watched) {
      const Outside outside(core);
      RunShortTurns(core, core->inbox->filled(), selector->TakePasses());
    }
  } while (!core->stopping);
}

void EventLoop::RunUntilDone(internal::FutureCore* future, bool own) {
  if (core_->closed) throw RuntimeError("Event loop is closed");
  if (future->core() != core_) {
    throw ValueError("the future belongs to another event loop");
  }
  if (own) {
    static_cast<TaskCore*>(future)->Node::Set(Node::kQuietDestroy);
  }
  const Handle callback = internal::AddDoneCallback(
      future, HandleKind::kFutureDone, "run_until_complete",
      [this](internal::FutureCore* done) {
        if (!IsException<LoopExit>(done->Error())) Stop();
      });
  try {
    RunForever();
  } catch (...) {
    if (own && future->done()) future->MarkRetrieved();
    future->RemoveCallback(callback.node());
    throw;
  }
  future->RemoveCallback(callback.node());
  if (!future->done()) {
    throw RuntimeError("Event loop stopped before Future completed.");
  }
}

void EventLoop::Close() {
  LoopCore* const core = core_;
  if (core->closed) return;
  if (core->running) throw RuntimeError("Cannot close a running event loop");
  if (core->hooks != nullptr) {  // No signal may find the inbox closed.
    core->hooks->dumps.reset();
    core->hooks->signals.reset();
  }
  core->inbox->Close();
  const bool crashed = core->inert;
  if (!crashed) {
    for (TaskCore* task = core->tasks_first; task != nullptr;
         task = task->next_task()) {
      if (task->Has(Node::kQuietDestroy)) continue;
      core->Report("Task was destroyed but it is pending!", nullptr,
                   task->Describe(), task->Created());
    }
    if (Executor* const executor = core->DefaultExecutor()) {
      executor->Shutdown(nullptr);
    }
  }
  Kill();
  core->closed = true;
  core->inert = crashed;  // From now on calls are refused, not dropped.
}

void EventLoop::Kill() {
  LoopCore* const core = core_;
  const Running running(core);  // What dies sees its own loop.
  core->inert = true;
  core->open = false;
  core->plain = false;
  while (core->ready_head != nullptr) {
    Node* const node = core->Pop();
    if (node->Has(Node::kTask)) continue;
    node->Clear();  // It may hold the handle that holds the node.
    node->Unref();
  }
  core->timers.Clear();
  io_.Clear();
  while (core->tasks_last != nullptr) core->tasks_last->Abandon();
  internal::AbandonGenerators(core);
  core->hooks.reset();
  io_.EndOwners();
}

void EventLoop::SetExceptionHandler(ExceptionHandler handler) {
  core_->Hooks().handler = std::move(handler);
}

void EventLoop::SetDefaultExceptionHandler(ExceptionHandler handler) {
  core_->Hooks().fallback = std::move(handler);
}

void EventLoop::SetTaskFactory(TaskFactory factory) {
  core_->Hooks().factory = std::move(factory);
}

LoopStatistics EventLoop::statistics() const {
  LoopStatistics statistics;
  statistics.ready = ready_count();
  statistics.scheduled = scheduled_count();
  for (const TaskCore* task = core_->tasks_first; task != nullptr;
       task = task->next_task()) {
    ++statistics.tasks;
  }
  for (const internal::GeneratorCore* generator = core_->generators;
       generator != nullptr; generator = generator->older()) {
    ++statistics.generators;
  }
  statistics.readers = io_.Count(kReadable);
  statistics.writers = io_.Count(kWritable);
  return statistics;
}

TaskFactory EventLoop::GetTaskFactory() const {
  return core_->hooks == nullptr ? nullptr : core_->hooks->factory;
}

void EventLoop::CallExceptionHandler(const ExceptionReport& report) {
  internal::CallExceptionHandler(core_->hooks.get(), *this, report);
}

EventLoop& RunningLoop() { return *internal::RunningCore()->loop; }

}  // namespace rondo
