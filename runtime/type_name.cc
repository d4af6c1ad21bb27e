#include "rondo/runtime/type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace rondo::internal {

std::string TypeName(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type.name();
}

std::string CaughtTypeName() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  return type == nullptr ? "unknown" : TypeName(*type);
}

}  // namespace rondo::internal
