#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hdrtile/image.h"

namespace hdrtile {

enum class Format : std::uint8_t { jpeg, png, webp, heic, avif, jxl, raw, tiff };

/// A format of photo files, what files of it can hold, and what this build can do with them.
struct FormatFacts {
  Format format;
  std::string_view id;                       ///< the word for it in flags and JSON: "jpeg"
  std::string_view name;                     ///< for people: "JPEG"
  std::vector<std::string_view> extensions;  ///< without the dot, in lower case; the first is the usual one
  std::string_view library = {};             ///< what it is read and written by, where hdrtile can be built without
  std::string_view holds;                    ///< for people: "8 bit, baseline and progressive, RGB and grey"
  Depth max_depth = Depth::u8;               ///< of what is written
  bool alpha = false;                        ///< whether transparency can be written
  bool grey = false;                         ///< whether one channel can be written; else grey becomes RGB
  bool own_threads = false;                  ///< of its library, beside the one that calls it
  bool reads = false;
  bool writes = false;
};

/// Every format hdrtile knows, in the order they are told in. They outlive all callers.
[[nodiscard]] std::span<const FormatFacts> formats();
[[nodiscard]] const FormatFacts& facts_of(Format format);
/// The format that files of that extension (any case, no dot) have by custom; empty when it is none we know.
[[nodiscard]] std::optional<Format> format_of_extension(std::string_view extension);

/// What hdrtile writes into its outputs (XMP, namespace hdrtile) to know them again.
struct Stamp {
  std::string version;      ///< hdrtile's
  std::string model;        ///< name, version and hash of the model
  std::string settings;     ///< the flags that change pixels, canonical
  std::string input_hash;   ///< SHA-256 of the input file
  std::string engine = {};  ///< what computed it: "torchscript cpu bf16"; a fact, never a reason to redo a photo
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// EXIF, XMP, IPTC, ICC and the file's own facts that have to survive. Opaque, immutable, shared between threads.
class Metadata;

/// A decoded photo. Pixels are upright (EXIF orientation applied once) and sRGB; grey photos have three equal channels.
struct Photo {
  Image pixels;                  ///< u8 or u16 when the file is sRGB or untagged, f32 (unbounded) when it was converted
  Image alpha;                   ///< one channel, u8 or u16; empty when the file has none
  Depth file_depth = Depth::u8;  ///< of the file
  Format format = Format::jpeg;
  bool grey = false;    ///< the file has one colour channel; written so again
  std::string profile;  ///< description of the embedded ICC profile; empty: none (sRGB is meant)
  std::shared_ptr<const Metadata> metadata;
  std::vector<std::string> warnings;  ///< metadata faults and the like: told, never a lost photo
};

/// What a file's header says, without decoding its pixels.
struct PhotoHeader {
  Format format = Format::jpeg;
  Size size;  ///< upright
  Depth depth = Depth::u8;
  Depth decoded_depth = Depth::u8;  ///< of Photo::pixels
  bool grey = false;
  bool alpha = false;
  std::string profile;
  int orientation = 1;         ///< EXIF orientation as stored
  std::optional<Stamp> stamp;  ///< present in photos that hdrtile made
};

/// Bounds that are checked on the header, before pixels are allocated.
struct DecodeLimits {
  std::int64_t max_pixels = 268'435'456;  ///< 16384 x 16384
  std::int64_t max_file_bytes = 2'147'483'647;
  /// Of a photo's metadata together, as unpacked: what does not fit is dropped, with a warning.
  std::int64_t max_metadata_bytes = 67'108'864;
};

/// A whole file. Throws Error{input}: missing, no rights, empty, a folder; Error{limit}: too large.
[[nodiscard]] std::vector<std::uint8_t> read_file(const std::filesystem::path& path, const DecodeLimits& limits = {});

/// The format by content (a JPEG called .png is a JPEG); empty when it is none we know.
[[nodiscard]] std::optional<Format> detect_format(std::span<const std::uint8_t> file);

/// Decoders take the file's bytes; `path` is for messages alone. Thread-safe. They throw Error{input} for what is
/// broken or no photo, Error{unsupported}, Error{limit}.
[[nodiscard]] PhotoHeader read_header(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                                      const DecodeLimits& limits = {});
/// The header's stamp alone, whatever the file's colours.
[[nodiscard]] std::optional<Stamp> read_stamp(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                                              const DecodeLimits& limits = {});
[[nodiscard]] Photo decode_photo(std::span<const std::uint8_t> file, const std::filesystem::path& path,
                                 const DecodeLimits& limits = {});

enum class MetadataPolicy : std::uint8_t { keep, no_gps, none };

/// Of JPEGs: at which resolution colour is stored beside brightness.
enum class Chroma : std::uint8_t {
  full,     ///< 4:4:4, the same
  half,     ///< 4:2:2, half the columns
  quarter,  ///< 4:2:0, half the columns and rows
};

/// Runs task(0) to task(count - 1), in any order and on any threads. Returns when all are done; throws what one threw.
using Spread = std::function<void(int count, const std::function<void(int index)>& task)>;

/// On the calling thread, one after another.
void in_turn(int count, const std::function<void(int index)>& task);

struct EncodeOptions {
  std::optional<Format> format = {};  ///< empty: the photo's own
  int quality = 92;                   ///< of lossy formats, 1..100
  std::optional<Chroma> chroma =
      {};  ///< empty: as the photo's own file has it; else full from quality 90, quarter below
  MetadataPolicy metadata = MetadataPolicy::keep;
  bool to_srgb = false;  ///< converts to sRGB (clipping what lies outside) and embeds its profile
  int max_side = 0;      ///< shrinks to at most so many pixels a side; 0: as large as it is
  bool dither = false;   ///< adds noise of one step where samples lose bits, against banding
  std::optional<Stamp> stamp = {};
  Spread spread = in_turn;  ///< of parts that are coded apart (a large JPEG's strips); the file is the same by any
};

/// The largest size of that shape with no side above `max_side` (0: any), and not above `size`.
[[nodiscard]] Size fit_within(Size size, int max_side) noexcept;

/// What a photo of that format is written as when nothing else is said: its own format, or JPEG where that cannot be
/// written.
[[nodiscard]] Format usual_output(Format own);

/// A photo as a file in memory: `pixels` may be larger than the decoded ones were (models of scale 2 and 4):
/// dimensions, thumbnail and alpha follow. Converts f32 pixels back to the embedded profile. Metadata faults are
/// appended to `warnings`. Thread-safe. Throws Error{unsupported} (alpha or 16 bit into JPEG are reduced with a
/// warning, not thrown).
[[nodiscard]] std::vector<std::uint8_t> encode_photo(const Photo& photo, const EncodeOptions& options,
                                                     std::vector<std::string>& warnings);

/// What to do when the target exists.
enum class Replace : std::uint8_t { never, always };

/// Writes a file whole or not at all: temporary in the target's folder, fsync, rename, fsync of the folder. Folders
/// that are missing are made. False when the name is taken and Replace::never: nothing was written. Throws
/// Error{output}: no rights, disk full.
bool write_file_atomic(const std::filesystem::path& path, std::span<const std::uint8_t> bytes, Replace replace);

/// Removes the temporaries that writers who were killed left in a folder, and gives their names. A writer that lives
/// holds a lock on its own, which stays. Where locks tell nothing (another machine's file, a file system without them),
/// what is older than a day goes. Does not throw for what it cannot read or remove: that stays. Thread-safe.
[[nodiscard]] std::vector<std::filesystem::path> remove_strays(const std::filesystem::path& folder);

/// Whether names that differ in their case alone are one file in that folder. Makes a temporary file to find out; false
/// where none can be made.
[[nodiscard]] bool ignores_case(const std::filesystem::path& folder);

/// SHA-256 as lower-case hex.
[[nodiscard]] std::string sha256(std::span<const std::uint8_t> bytes);

}  // namespace hdrtile
