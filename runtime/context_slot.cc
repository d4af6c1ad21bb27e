#include "rondo/runtime/context_slot.h"

#include <vector>

namespace rondo::internal {

// Few variables are ever set at once, so a plain list, searched by address.
struct ContextMap {
  struct Entry {
    const void* var;
    std::shared_ptr<const void> value;
  };

  std::uint32_t refs = 1;
  std::vector<Entry> entries;
};

namespace {

const std::shared_ptr<const void>* Find(const ContextMap* map,
                                        const void* var) {
  if (map == nullptr) return nullptr;
  for (const ContextMap::Entry& entry : map->entries) {
    if (entry.var == var) return &entry.value;
  }
  return nullptr;
}

}  // namespace

ContextMap* RefMap(ContextMap* map) {
  if (map != nullptr) ++map->refs;
  return map;
}

ContextMap* CloneMap(const ContextMap* map) {
  if (map == nullptr) return nullptr;
  auto* const clone = new ContextMap;
  clone->entries = map->entries;
  return clone;
}

void UnrefMap(ContextMap* map) {
  if (map != nullptr && --map->refs == 0) delete map;
}

ContextRef::~ContextRef() {
  if (object_ != nullptr && --object_->refs == 0) {
    UnrefMap(object_->map);
    delete object_;
  }
}

void ContextSlot::Share(ContextObject* object) {
  Reset();
  ++object->refs;
  map_ = reinterpret_cast<ContextMap*>(
      reinterpret_cast<std::uintptr_t>(object) | 1);
}

ContextObject* ContextSlot::Expose() {
  if (!is_shared()) {
    auto* const object = new ContextObject;
    object->map = std::exchange(map_, nullptr);
    Share(object);
  }
  return shared_object();
}

void ContextSlot::Reset() {
  ContextMap* const old = std::exchange(map_, nullptr);
  if (old == nullptr) return;
  if ((reinterpret_cast<std::uintptr_t>(old) & 1) == 0) {
    UnrefMap(old);
    return;
  }
  auto* const object = reinterpret_cast<ContextObject*>(
      reinterpret_cast<std::uintptr_t>(old) & ~std::uintptr_t{1});
  const ContextRef last(object);  // Deletes it if nobody else holds it:
  --object->refs;                 // the slot's own reference goes first.
}

ContextSlot& BaseContext() {
  struct Base {
    ContextSlot slot;
    ~Base() { slot.Reset(); }
  };
  thread_local Base base;
  base_context_used = true;
  return base.slot;
}

const void* FindInCurrent(const void* var) {
  const std::shared_ptr<const void>* value = Find(CurrentContext().map(), var);
  return value == nullptr ? nullptr : value->get();
}

const void* FindIn(const ContextObject* object, const void* var) {
  const std::shared_ptr<const void>* value = Find(object->map, var);
  return value == nullptr ? nullptr : value->get();
}

std::shared_ptr<const void> StoreInCurrent(const void* var,
                                           std::shared_ptr<const void> value) {
  ContextMap*& current = CurrentContext().map();
  auto* changed = new ContextMap;
  std::shared_ptr<const void> old;
  if (current != nullptr) {
    changed->entries.reserve(current->entries.size() + 1);
    for (const ContextMap::Entry& entry : current->entries) {
      if (entry.var == var) {
        old = entry.value;
      } else {
        changed->entries.push_back(entry);
      }
    }
  }
  if (value != nullptr) changed->entries.push_back({var, std::move(value)});
  UnrefMap(current);
  current = changed;
  return old;
}

}  // namespace rondo::internal
