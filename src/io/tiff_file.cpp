#include "tiff_file.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

namespace hdrtile {

TiffFile::TiffFile(ByteView file) : in_(file) { open("r"); }

TiffFile::TiffFile(Bytes& out, const char* mode) : out_(&out) { open(mode); }

TiffFile::~TiffFile() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

void TiffFile::open(const char* mode) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (!options) return;
  const auto keep_error = [](TIFF*, void* self, const char* /*module*/, const char* format, va_list values) {
    std::array<char, 256> text{};
    std::vsnprintf(text.data(), text.size(), format, values);
    auto& error = static_cast<TiffFile*>(self)->error_;
    if (error.empty()) error = text.data();  // the first is the cause
    return 1;
  };
  const auto ignore = [](TIFF*, void*, const char*, const char*, va_list) { return 1; };
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, this);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore, nullptr);

  const auto self = [](thandle_t handle) -> TiffFile& { return *static_cast<TiffFile*>(handle); };
  static constexpr auto of = +self;
  const auto read = [](thandle_t handle, void* data, tmsize_t count) -> tmsize_t {
    TiffFile& file = of(handle);
    const ByteView all = file.out_ == nullptr ? file.in_ : ByteView(*file.out_);
    if (file.position_ >= all.size()) return 0;
    const auto given = std::min<std::size_t>(static_cast<std::size_t>(count), all.size() - file.position_);
    std::memcpy(data, all.data() + file.position_, given);
    file.position_ += given;
    return static_cast<tmsize_t>(given);
  };
  const auto write = [](thandle_t handle, void* data, tmsize_t count) -> tmsize_t {
    TiffFile& file = of(handle);
    if (file.out_ == nullptr) return -1;
    try {
      file.out_->resize(std::max<std::size_t>(file.out_->size(), file.position_ + static_cast<std::size_t>(count)));
    } catch (const std::exception&) {  // it must not leave through libtiff's frames
      return -1;
    }
    std::memcpy(file.out_->data() + file.position_, data, static_cast<std::size_t>(count));
    file.position_ += static_cast<toff_t>(count);
    return count;
  };
  const auto seek = [](thandle_t handle, toff_t offset, int whence) -> toff_t {
    TiffFile& file = of(handle);
    const toff_t size = file.out_ == nullptr ? file.in_.size() : file.out_->size();
    file.position_ = offset + (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.position_ : size);
    return file.position_;
  };
  const auto close = [](thandle_t) { return 0; };
  const auto size = [](thandle_t handle) -> toff_t {
    TiffFile& file = of(handle);
    return file.out_ == nullptr ? file.in_.size() : file.out_->size();
  };
  const auto map = [](thandle_t handle, void** base, toff_t* length) {
    TiffFile& file = of(handle);
    if (file.out_ != nullptr) return 0;
    *base = const_cast<std::uint8_t*>(file.in_.data());  // read alone
    *length = file.in_.size();
    return 1;
  };
  const auto unmap = [](thandle_t, void*, toff_t) {};
  tiff_ = TIFFClientOpenExt("photo", mode, this, read, write, seek, close, size, map, unmap, options.get());
}

ByteView TiffFile::block(ttag_t tag) const noexcept {
  std::uint32_t count = 0;
  const std::uint8_t* data = nullptr;
  if (TIFFGetField(tiff_, tag, &count, &data) != 1 || data == nullptr) return {};
  return {data, count};
}

}  // namespace hdrtile
