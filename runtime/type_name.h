// The name of a type as C++ spells it.
#ifndef RONDO_RUNTIME_TYPE_NAME_H_
#define RONDO_RUNTIME_TYPE_NAME_H_

#include <string>
#include <typeinfo>

namespace rondo::internal {

// "std::runtime_error".
std::string TypeName(const std::type_info& type);

// Of the exception that is being handled; "unknown" if it has none.
std::string CaughtTypeName();

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TYPE_NAME_H_
