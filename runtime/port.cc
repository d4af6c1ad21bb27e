#include "rondo/runtime/port.h"

#include <functional>
#include <map>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/identity.h"

namespace rondo::internal {

// The ports of a loop.
class PortRegistry final : public LoopPart {
 public:
  struct Entry {
    Port* open = nullptr;
    std::uint64_t opened = 0;  // How often.
  };

  static std::shared_ptr<PortRegistry> Of(LoopCore* core) {
    std::shared_ptr<LoopPart>& ports = core->Hooks().ports;
    if (ports == nullptr) ports = std::make_shared<PortRegistry>();
    return std::static_pointer_cast<PortRegistry>(ports);
  }

  std::map<std::string, Entry, std::less<>> entries;
};

Port::Port(LoopCore* core, std::string_view name)
    : remote_(core->inbox),
      watched_(core->seams.observer != nullptr ||
               core->seams.ready_order != nullptr),
      recorded_(core->seams.observer != nullptr),
      name_(name) {}

void Port::Open(LoopCore* core) {
  if (name_.find('#') != std::string::npos) {
    throw ValueError("a port's name has no '#': " + name_);
  }
  if (core->closed) throw RuntimeError("Event loop is closed");
  const std::shared_ptr<PortRegistry> registry = PortRegistry::Of(core);
  PortRegistry::Entry& entry = registry->entries[name_];
  if (entry.open != nullptr) {
    throw ValueError("a port of this loop is called " + name_ + " already");
  }
  entry.open = this;
  registry_ = registry;
  const std::uint64_t number = ++entry.opened;
  id_ = Combine(Combine(core->seams.host, HashName("port:" + name_)), number);
  if (number > 1) name_ += "#" + std::to_string(number);
  const std::lock_guard<std::mutex> lock(mutex_);
  open_ = true;
}

void Port::Close() {
  if (!open_) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = false;
  }
  if (const std::shared_ptr<PortRegistry> registry = registry_.lock()) {
    const std::string_view name(name_);
    registry->entries.find(name.substr(0, name.find('#')))->second.open =
        nullptr;
  }
  DropValues();
}

bool Port::Post(absl::AnyInvocable<void()> arrive, std::string payload) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return false;
  Inbox::Item item{std::move(arrive), watched_ ? "" : name_};
  ++sent_;
  if (watched_) {
    auto info = std::make_unique<NodeInfo>();
    info->kind = HandleKind::kIo;
    info->name = "receive:" + name_;
    info->base = Combine(id_, sent_);
    info->order_key = id_;
    item.origin = std::make_unique<Inbox::Origin>(
        Inbox::Origin{"port", std::move(info), id_, name_, std::move(payload)});
  }
  // Under the mutex: values are numbered in the order of their arrival.
  return remote_.Post(std::move(item));
}

std::shared_ptr<Port> FindPort(LoopCore* core, std::string_view name) {
  if (core->hooks == nullptr || core->hooks->ports == nullptr) return nullptr;
  const auto& entries = static_cast<PortRegistry&>(*core->hooks->ports).entries;
  const auto found = entries.find(name);
  if (found == entries.end() || found->second.open == nullptr) return nullptr;
  return found->second.open->shared_from_this();
}

}  // namespace rondo::internal
