#include "bytes.h"

namespace hdrtile {

// Not inline: GCC 12 finds overflows in it that are none where it knows the sizes.
void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace hdrtile
