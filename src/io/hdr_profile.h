#pragma once

namespace hdrtile {

/// Whether an ICC profile (lcms's handle) is for samples coded by PQ or HLG: by the number in its cicp tag
/// (ICC.1:2022), or by the values of its curves, as profiles from before that tag have them.
[[nodiscard]] bool is_hdr(void* profile);

}  // namespace hdrtile
