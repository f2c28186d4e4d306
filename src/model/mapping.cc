// Places in a mapping, as messages show them.
#include "promfill/mapping.h"

namespace promfill {
inline namespace PROMFILL_ABI {

std::string to_string(const Mapping& mapping, MappingPlace place) {
  if (place.line == 0) return mapping.file;
  return (mapping.file.empty() ? "mapping" : mapping.file) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

}  // namespace PROMFILL_ABI
}  // namespace promfill
