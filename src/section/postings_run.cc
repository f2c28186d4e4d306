// Heads of lists in a scratch stream; see postings_run.h for their bytes.
#include "section/postings_run.h"

namespace promfill {

void put_postings_head(const PostingsHead& head, SymbolPair previous, ScratchStream& out, ScratchFile& scratch) {
  const bool same_name = head.label.name == previous.name;
  PROMFILL_ASSERT(head.label >= previous);
  out.put(2 * head.count + (same_name ? 0 : 1), scratch);
  if (!same_name) out.put(head.label.name.value - previous.name.value, scratch);
  out.put(head.label.value.value - (same_name ? previous.value.value : 0), scratch);
}

PostingsHead next_postings_head(SymbolPair previous, ScratchReader& in) {
  const std::uint64_t count_and_flag = in.next();
  PostingsHead head{previous, count_and_flag / 2};
  if (count_and_flag % 2 == 1) {
    head.label.name.value += static_cast<std::uint32_t>(in.next());
    head.label.value.value = 0;
  }
  head.label.value.value += static_cast<std::uint32_t>(in.next());
  return head;
}

}  // namespace promfill
