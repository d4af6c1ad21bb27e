#include "rondo/runtime/context.h"

namespace rondo {

Context Context::Copy() {
  auto* object = new internal::ContextObject;
  object->map = internal::RefMap(internal::CurrentContext().map());
  return Context(internal::ContextRef(object));
}

Context Context::CopyForThread() {
  auto* object = new internal::ContextObject;
  object->map = internal::CloneMap(internal::CurrentContext().map());
  return Context(internal::ContextRef(object));
}

Context::Entered::Entered(internal::ContextObject* object)
    : previous(internal::current_context) {
  if (object->entered) throw RuntimeError("context is already being run");
  object->entered = true;
  slot.Share(object);
  internal::current_context = &slot;
}

Context::Entered::~Entered() {
  internal::current_context = previous;
  slot.shared()->entered = false;
  slot.Reset();
}

}  // namespace rondo
