// The eight bytes in which every handle and task keeps its context.
//
// A slot holds nothing, or a reference to an immutable map of values (the
// private copy of whoever owns the slot: setting a value makes a new map), or,
// with its lowest bit set, a reference to a Context that others share.
#ifndef RONDO_RUNTIME_CONTEXT_SLOT_H_
#define RONDO_RUNTIME_CONTEXT_SLOT_H_

#include <cstdint>
#include <memory>
#include <utility>

namespace rondo::internal {

struct ContextMap;  // Immutable, reference-counted.

void UnrefMap(ContextMap* map);
ContextMap* RefMap(ContextMap* map);  // Accepts null.
// One of the same values that shares no counter with any other, for another
// thread.
ContextMap* CloneMap(const ContextMap* map);  // Accepts null.

// What a public Context stands for.
struct ContextObject {
  std::uint32_t refs = 0;
  bool entered = false;
  ContextMap* map = nullptr;
};

class ContextRef {
 public:
  ContextRef() = default;
  explicit ContextRef(ContextObject* object) : object_(object) { Ref(); }
  ContextRef(const ContextRef& other) : object_(other.object_) { Ref(); }
  ContextRef(ContextRef&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  ContextRef& operator=(ContextRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ContextRef();

  ContextObject* get() const { return object_; }

 private:
  void Ref() {
    if (object_ != nullptr) ++object_->refs;
  }

  ContextObject* object_ = nullptr;
};

class ContextSlot {
 public:
  constexpr ContextSlot() = default;
  ContextSlot(const ContextSlot&) = delete;
  ContextSlot& operator=(const ContextSlot&) = delete;
  // Whoever has the slot calls Reset at the end, unless it is empty.
  ~ContextSlot() = default;

  // Takes a private copy of what the current context holds.
  inline void CopyCurrent();
  // Shares `object`.
  void Share(ContextObject* object);
  void Reset();
  bool empty() const { return map_ == nullptr; }

  // What a Context of this slot refers to: from now on others may share it.
  ContextObject* Expose();

  // The Context shared, or null.
  ContextObject* shared() const {
    return is_shared() ? shared_object() : nullptr;
  }

  // The map that reading and setting go to.
  ContextMap*& map() { return is_shared() ? shared_object()->map : map_; }

 private:
  bool is_shared() const {
    return (reinterpret_cast<std::uintptr_t>(map_) & 1) != 0;
  }
  ContextObject* shared_object() const {
    return reinterpret_cast<ContextObject*>(
        reinterpret_cast<std::uintptr_t>(map_) & ~std::uintptr_t{1});
  }

  ContextMap* map_ = nullptr;
};

// The current slot of this thread; null: the thread's own base context.
inline constinit thread_local ContextSlot* current_context = nullptr;

inline constinit thread_local bool base_context_used = false;

ContextSlot& BaseContext();

inline ContextSlot& CurrentContext() {
  return current_context != nullptr ? *current_context : BaseContext();
}

inline void ContextSlot::CopyCurrent() {
  if (current_context == nullptr ? !base_context_used
                                 : current_context->empty()) [[likely]] {
    return;
  }
  map_ = RefMap(CurrentContext().map());
}

// An empty current context, for as long as it lives.
class FreshContext {
 public:
  FreshContext() : previous_(std::exchange(current_context, &slot_)) {}
  FreshContext(const FreshContext&) = delete;
  FreshContext& operator=(const FreshContext&) = delete;
  ~FreshContext() { current_context = previous_; }

 private:
  ContextSlot slot_;
  ContextSlot* previous_;
};

// The value of the variable with the address `var`, or null.
const void* FindInCurrent(const void* var);
const void* FindIn(const ContextObject* object, const void* var);
// Sets (null: erases) the value and returns what was there.
std::shared_ptr<const void> StoreInCurrent(const void* var,
                                           std::shared_ptr<const void> value);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_CONTEXT_SLOT_H_
