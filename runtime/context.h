// Context variables: values that follow the flow of control (PEP 567).
//
// A callback or a task sees the values that were set where it was scheduled;
// what it sets is its own. A variable that nobody sets costs nothing.
//
//   rondo::ContextVar<std::string> request_id("request_id", "none");
//   ...
//   auto token = request_id.Set("r-17");   // In this task and what it starts.
//   request_id.Reset(token);
//
// Thread-safety: a context belongs to the thread it was made on, but for
// CopyForThread's. Values are shared between threads, and const.
// Source: contextvars; differs: Get returns a reference that the next Set of
// the same variable ends.
#ifndef RONDO_RUNTIME_CONTEXT_H_
#define RONDO_RUNTIME_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/context_slot.h"
#include "rondo/runtime/errors.h"

namespace rondo {

// A mutable set of values that can be passed around and run in.
class Context {
 public:
  // A copy of the current context. Source: contextvars.copy_context.
  static Context Copy();
  // The same, to be handed over to another thread: moved, never copied.
  static Context CopyForThread();

  // Calls `function` with this as the current context; what it sets stays.
  // Throws: RuntimeError if this context is being run already.
  template <class F>
  decltype(auto) Run(F&& function) {
    Entered entered(object_);
    return std::forward<F>(function)();
  }

  friend bool operator==(const Context& a, const Context& b) {
    return a.object() == b.object();
  }

  // For the library: the context that is kept in `slot`.
  static Context Of(internal::ContextSlot& slot) {
    return Context(internal::ContextRef(slot.Expose()));
  }
  const internal::ContextObject* object() const { return object_.get(); }

 private:
  struct Entered {
    explicit Entered(internal::ContextObject* object);
    explicit Entered(const internal::ContextRef& ref) : Entered(ref.get()) {}
    Entered(const Entered&) = delete;
    ~Entered();

    internal::ContextSlot slot;
    internal::ContextSlot* previous;
  };

  explicit Context(internal::ContextRef object) : object_(std::move(object)) {}

  internal::ContextRef object_;
};

template <class T>
class ContextVar {
 public:
  // What Set returns, for Reset. Usable once.
  class Token {
   public:
    bool used() const { return var_ == nullptr; }

   private:
    friend class ContextVar;
    Token(const ContextVar* var, std::shared_ptr<const void> old)
        : var_(var), old_(std::move(old)) {}

    const ContextVar* var_;
    std::shared_ptr<const void> old_;
  };

  explicit ContextVar(std::string name) : name_(std::move(name)) {}
  ContextVar(std::string name, T fallback)
      : name_(std::move(name)), fallback_(std::move(fallback)) {}
  ContextVar(const ContextVar&) = delete;
  ContextVar& operator=(const ContextVar&) = delete;

  const std::string& name() const { return name_; }

  // The value in the current context, or the fallback.
  // Throws: RuntimeError if there is neither.
  const T& Get() const { return OrFallback(internal::FindInCurrent(this)); }

  // The value in `context`.
  const T& Get(const Context& context) const {
    return OrFallback(internal::FindIn(context.object(), this));
  }

  Token Set(T value) {
    return Token(this, internal::StoreInCurrent(
                           this, std::make_shared<const T>(std::move(value))));
  }

  // Puts back what was there before the Set that returned `token`.
  // Throws: RuntimeError if the token was used; ValueError if it is another
  // variable's.
  void Reset(Token& token) {
    if (token.used()) throw RuntimeError("context token used twice");
    if (token.var_ != this) {
      throw ValueError("token of another context variable");
    }
    token.var_ = nullptr;
    internal::StoreInCurrent(this, std::move(token.old_));
  }

 private:
  const T& OrFallback(const void* value) const {
    if (value != nullptr) return *static_cast<const T*>(value);
    if (fallback_.has_value()) return *fallback_;
    throw RuntimeError("context variable " + name_ + " has no value");
  }

  std::string name_;
  std::optional<T> fallback_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_CONTEXT_H_
