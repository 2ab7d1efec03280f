#include "deflate.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace hdrtile {

std::optional<Bytes> inflate(ByteView packed, std::size_t max_bytes) {
  z_stream stream{};
  if (packed.size() > UINT32_MAX || inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = const_cast<Bytef*>(packed.data());  // zlib reads through a pointer that is not const
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytes data(std::min(max_bytes, packed.size() * 4 + 1024));
  int status = Z_OK;
  while (true) {
    stream.next_out = data.data() + stream.total_out;
    stream.avail_out = static_cast<uInt>(data.size() - stream.total_out);
    status = ::inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK || stream.avail_out > 0 || data.size() == max_bytes) break;
    data.resize(std::min(max_bytes, data.size() * 2));
  }
  data.resize(stream.total_out);
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return std::nullopt;
  return data;
}

Bytes deflate(ByteView data) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  Bytes packed(size);
  if (compress2(packed.data(), &size, data.data(), static_cast<uLong>(data.size()), Z_BEST_COMPRESSION) != Z_OK) {
    throw std::runtime_error("zlib has no memory");
  }
  packed.resize(size);
  return packed;
}

}  // namespace hdrtile
