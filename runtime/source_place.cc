#include "rondo/runtime/source_place.h"

#include <string_view>

namespace rondo {

std::string ShortFileName(const char* file) {
  const std::string_view path(file);
  constexpr std::string_view kVirtual = "_virtual_includes/";
  const std::size_t at = path.find(kVirtual);
  if (at == std::string_view::npos) return std::string(path);
  const std::size_t end = path.find('/', at + kVirtual.size());
  return std::string(path.substr(end == std::string_view::npos ? at : end + 1));
}

std::string PlaceText(const std::source_location& place) {
  if (place.line() == 0) return "";
  return ShortFileName(place.file_name()) + ":" + std::to_string(place.line()) +
         " in " + place.function_name();
}

}  // namespace rondo
