#include "rondo/runtime/loop_core.h"

#include <atomic>
#include <mutex>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/identity.h"
#include "rondo/runtime/inbox.h"
#include "rondo/runtime/loop_hooks.h"
#include "rondo/runtime/thread_number.h"

namespace rondo::internal {

constinit LoopCore* all_cores = nullptr;

namespace {

constinit std::mutex list_mutex;  // Of all_cores.
constinit LoopCore* last_core = nullptr;

void Enlist(LoopCore* core) {
  const std::lock_guard<std::mutex> lock(list_mutex);
  core->previous_core = last_core;
  (last_core == nullptr ? all_cores : last_core->next_core) = core;
  last_core = core;
}

// `core` may have failed before it was enlisted.
void Strike(LoopCore* core) {
  const std::lock_guard<std::mutex> lock(list_mutex);
  if (core->previous_core == nullptr && all_cores != core) return;
  (core->previous_core == nullptr ? all_cores
                                  : core->previous_core->next_core) =
      core->next_core;
  (core->next_core == nullptr ? last_core : core->next_core->previous_core) =
      core->previous_core;
}

std::uint64_t NextSerial() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

LoopCore::LoopCore(const LoopSeams& s, EventLoop* l)
    : watched(s.observer != nullptr || s.ready_order != nullptr),
      wants_paths(s.observer != nullptr && s.observer->wants_paths()),
      serial(NextSerial()),
      pool(Pool::Create(
          this, [](void* core) { delete static_cast<LoopCore*>(core); })),
      seams(s),
      loop(l),
      inbox(std::make_shared<Inbox>(s.selector)) {
  if (s.clock == nullptr || s.selector == nullptr) {
    pool->Release();
    throw ValueError("an event loop needs a clock and a selector");
  }
  root.base = s.host;
  SetDebug(false);
  Enlist(this);
}

LoopCore::~LoopCore() { Strike(this); }

LoopHooks& LoopCore::Hooks() {
  if (hooks == nullptr) hooks = std::make_unique<LoopHooks>();
  return *hooks;
}

Executor* LoopCore::DefaultExecutor() const {
  if (hooks != nullptr && hooks->executor != nullptr) {
    return hooks->executor.get();
  }
  return seams.executor;
}

void ThrowNoRunningLoop() { throw RuntimeError("no running event loop"); }

bool LoopCore::AcceptsSlow() const {
  if (inert) return false;
  if (closed) throw RuntimeError("Event loop is closed");
  if (debug) RequireThread();
  return true;
}

void LoopCore::SetDebug(bool on) {
  debug = on;
  watched = on || seams.observer != nullptr || seams.ready_order != nullptr;
  plain = open && !watched;
  inbox->Touch();  // A loop that nobody watched looks less often.
}

void LoopCore::RequireThread() const {
  if (running && thread != ThreadNumber()) {
    throw RuntimeError(
        "Non-thread-safe operation invoked on an event loop other than the "
        "current one");
  }
}

void LoopCore::PushNew(Node* node, std::string_view name) {
  if (watched) Identify(node, HandleKind::kCallback, name);
  Push(node);
}

void LoopCore::PushFront(const std::vector<Node*>& nodes) {
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (ready_head == nullptr) ready_tail = &nodes[i]->next;
    nodes[i]->next = ready_head;
    ready_head = nodes[i];
  }
}

std::size_t LoopCore::ReadyCount() const {
  std::size_t count = 0;
  for (const Node* node = ready_head; node != nullptr; node = node->next) {
    ++count;
  }
  return count;
}

void LoopCore::Report(std::string_view message, std::exception_ptr exception,
                      std::string_view source, std::source_location created) {
  if (loop == nullptr) return;
  CallExceptionHandler(hooks.get(), *loop,
                       {message, std::move(exception), source, created});
}

// ---- Identities

Identity LoopCore::NameChild(NodeInfo* child, std::string_view label) {
  NodeInfo* owner = &root;
  if (running_node != nullptr && running_node->info() != nullptr) {
    owner = running_node->info();
  }
  const Identity kind = HashName(label);
  const std::uint32_t count = owner->CountChild(kind);
  child->base = Combine(Combine(owner->base, kind), count);
  if (wants_paths) {
    child->path = owner->path;
    if (!child->path.empty()) child->path += '/';
    child->path += label;
    if (count > 1) child->path += "#" + std::to_string(count);
    seams.observer->OnIdentity(child->base, child->path);
  }
  return child->base;
}

void LoopCore::Identify(Node* node, HandleKind kind, std::string_view name) {
  auto* const info = new NodeInfo;
  info->kind = kind;
  info->name.assign(name);
  NameChild(info, std::string(HandleKindName(kind)) + ":" + info->name);
  info->cause = RunningIdentity();
  node->set_info(info);
}

void LoopCore::IdentifyTask(Node* node, std::string_view name) {
  auto* const info = new NodeInfo;
  info->kind = HandleKind::kStep;
  info->name = name.empty() ? "Task-" + std::to_string(node->number())
                            : std::string(name);
  // An unnamed task's number depends on the schedule, so it has no part in
  // the identity.
  NameChild(info, name.empty() ? std::string_view("task") : name);
  node->set_info(info);
}

void LoopCore::IdentifyIo(Node* node, Identity resource,
                          std::string_view name) {
  auto* const info = new NodeInfo;
  info->kind = HandleKind::kIo;
  info->name.assign(name);
  info->base = Combine(resource, HashName(name));
  info->order_key = resource;
  node->set_info(info);
}

void LoopCore::NoteQueued(Node* node) {
  if (debug) RequireThread();
  NodeInfo* const info = node->info();
  if (info == nullptr) return;
  // A timer's cause is who armed it; a one-shot callback's, who made it.
  if (node->Has(Node::kTask) || node->Has(Node::kDoneCallback)) {
    info->cause = RunningIdentity();  // Before the count: it may be itself.
  }
  ++info->fired;
}

Identity LoopCore::RunningIdentity() const {
  return running_node == nullptr ? 0 : IdentityOf(running_node);
}

Identity LoopCore::IdentityOf(const Node* node) {
  const NodeInfo* const info = node->info();
  if (info == nullptr) return 0;
  if (!node->Has(Node::kTask) && !node->Has(Node::kRepeats)) {
    return info->base;
  }
  return Combine(info->base, info->fired);
}

HandleInfo LoopCore::Describe(const Node* node) const {
  HandleInfo result;
  const NodeInfo* const info = node->info();
  if (info == nullptr) return result;
  result.id = IdentityOf(node);
  result.cause = info->cause;
  result.order_key = info->order_key;
  result.kind = info->kind;
  result.name = info->name;
  if (node->Has(Node::kTask)) {
    result.task = info->base;
    if (node->Has(Node::kWakeup)) result.kind = HandleKind::kWakeup;
  }
  return result;
}

const std::string& LoopCore::RunningPath() const {
  const NodeInfo* const info =
      running_node == nullptr ? nullptr : running_node->info();
  return info == nullptr ? root.path : info->path;
}

}  // namespace rondo::internal
