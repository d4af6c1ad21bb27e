// Places in the source, as people read them.
//
// For display only: compilers differ in them, so they are no part of an
// identity, a digest or a comparison.
#ifndef RONDO_RUNTIME_SOURCE_PLACE_H_
#define RONDO_RUNTIME_SOURCE_PLACE_H_

#include <source_location>
#include <string>

namespace rondo {

// `file` without what a build system puts before a source's own path.
std::string ShortFileName(const char* file);

// "tests/x.cc:41 in Coro<> Work(int)"; empty for a place that is unknown.
std::string PlaceText(const std::source_location& place);

}  // namespace rondo

#endif  // RONDO_RUNTIME_SOURCE_PLACE_H_
