#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hdrtile/image.h"
#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// What the tile pass computes in. int8 and mixed (INT8 with its sensitive layers in BF16) are those of a compiled
/// package (scripts/quantize.py): no engine makes them of a model file.
enum class Precision : std::uint8_t { fp32, fp16, bf16, int8, mixed };
/// Every precision, by to_string.
inline constexpr Precision all_precisions[] = {Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8,
                                               Precision::mixed};
/// Whether activations have half the size of FP32 (those of int8 lie in FP32 between its layers).
[[nodiscard]] constexpr bool is_half(Precision precision) noexcept {
  return precision == Precision::fp16 || precision == Precision::bf16 || precision == Precision::mixed;
}
[[nodiscard]] constexpr bool is_quantised(Precision precision) noexcept {
  return precision == Precision::int8 || precision == Precision::mixed;
}
[[nodiscard]] const char* to_string(Precision precision) noexcept;

/// What a model file says of itself (its extra file hdrtile.json; docs/design.md, "The model contract").
struct ModelInfo {
  std::filesystem::path path;
  std::string name;
  std::string version;
  std::string licence;
  std::string trained_on;
  std::string weights_sha256;  ///< as the file states it
  bool described = false;      ///< false: no hdrtile.json, defaults of a plain model are used
  bool contextual = false;     ///< has prepare(): tone is taken once from the whole photo
  bool draft = false;          ///< run by the model's pointwise draft() in place of its tile pass
  int scale = 1;               ///< output pixels per input pixel and side
  int multiple = 8;
  int halo = 16;
  int context_px = 0;       ///< long side of the preview that prepare() takes; 0 for plain models
  int receptive_field = 0;  ///< pixels seen to each side; 0: not stated
  int tile_default = 512;
  TileShapes shapes;
  std::int64_t parameters = 0;
  double bytes_per_pixel = 0;  ///< activations of the tile pass per pixel of a tile in FP32; 0: not stated
};

/// What an engine runs on. `notes` are for the log: a fallback taken by `auto`, a model without hdrtile.json.
struct EngineInfo {
  std::string device;       ///< "cpu" or "cuda:N"
  std::string device_name;  ///< for people: "AMD EPYC (2 threads)"
  std::string backend;      ///< "torchscript", "aotinductor" or "fused"
  std::string package;      ///< the compiled package: file name and start of its SHA-256; empty: none
  Precision precision = Precision::fp32;
  std::int64_t memory_bytes = 0;  ///< of the device, in all; 0: unknown
  int threads = 0;                ///< of the CPU that compute
  std::string cpu_capability;     ///< the instructions LibTorch's own kernels use: "AVX512"
  std::string library;            ///< what computes: "LibTorch 2.8.0 with CUDA"
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  ///< for the log, too: a compiled package that is there and cannot be used
};

/// What prepare() took from a whole photo (guide and mixing matrices, on the engine's device). Opaque, immutable.
class PhotoContext {
 public:
  virtual ~PhotoContext() = default;
};

/// A tile's place in its photo, pixel edges, photo = [0, 1] x [0, 1]. Padding may lie outside.
struct TileRect {
  float x0, y0, x1, y1;
};

/// That of tile `index` of a plan, row-major.
[[nodiscard]] TileRect tile_rect(const TilePlan& plan, int index) noexcept;

/// Tiles of one photo and one size: interleaved float32 [count, height, width, 3], sRGB in [0, 1].
struct TileBatch {
  int count = 0;
  int height = 0;
  int width = 0;
  std::span<const float> pixels;    ///< a model that works in place may do so on these
  std::span<const TileRect> rects;  ///< one a tile
};

/// What run() had to do beyond the usual.
struct RunStats {
  int redone_fp32 = 0;  ///< tiles whose reduced-precision result had NaN or Inf and that were computed again in FP32
};

/// One photo that an engine has taken whole: it cuts out the tiles, runs, blends and quantises them on its device.
/// Gives what core's own tile loop (see enhance_image) gives with Engine::run, but for rounding.
class PhotoPass {
 public:
  virtual ~PhotoPass() = default;

  /// Tiles first, ..., first + count - 1 of the plan (row-major; each once, in order). Throws as Engine::run does;
  /// after Error{out_of_memory} the same call with fewer tiles may work, for nothing of it has been added.
  virtual RunStats run(int first, int count) = 0;

  /// After the last tile: writes all of `result`, of the size and depth that were asked for.
  virtual void finish(Image& result) = 0;
};

/// What a PhotoPass is asked to do. All of it stays where it is until the pass is gone.
struct PhotoTask {
  const Image& photo;  ///< three channels
  const TilePlan& tiles;
  const PhotoContext* context = nullptr;  ///< null for plain models
  float strength = 1.0F;                  ///< in [0, 1]; below 1 only where the model keeps the size
  Depth depth = Depth::u8;                ///< of the result
};

/// A model on a device. Calls are made from at most lanes() threads at a time.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual const ModelInfo& model() const noexcept = 0;
  [[nodiscard]] virtual const EngineInfo& info() const noexcept = 0;

  /// Once per photo, contextual models only: preview is planar [3, size.height, size.width], sRGB in [0, 1], its long
  /// side exactly model().context_px. Throws Error{model} when the model breaks its contract.
  [[nodiscard]] virtual std::unique_ptr<PhotoContext> prepare(std::span<const float> preview, Size size) = 0;

  /// Enhances tiles into out: interleaved [count, height * scale, width * scale, 3]. `context` is null for plain
  /// models. Throws Error{model} for a wrong shape or NaN even in FP32, Error{out_of_memory} when the device refused
  /// memory (the same call with fewer tiles may work).
  virtual RunStats run(const TileBatch& tiles, const PhotoContext* context, std::span<float> out) = 0;

  /// Takes a whole photo. Null where the engine does not: its tiles then go through run(). Throws Error{out_of_memory}.
  [[nodiscard]] virtual std::unique_ptr<PhotoPass> begin_photo(const PhotoTask& /*task*/) { return nullptr; }

  /// Threads that may call at the same time, each with a photo of its own. More than one where photos are copied to and
  /// from the device while it computes another.
  [[nodiscard]] virtual int lanes() const noexcept { return 1; }
};

/// SHA-256 of bytes in hexadecimal digits: handed in, for the engine has no cryptographic library.
using Sha256 = std::function<std::string(std::span<const std::uint8_t>)>;

enum class PackageUse : std::uint8_t { never, automatic, always };

/// Where compiled models are looked for. A package is native code and another engine: its results differ from
/// TorchScript's in the last places.
struct PackageOptions {
  PackageUse use = PackageUse::never;  ///< automatic: TorchScript where none can be used; EngineInfo says why
  std::filesystem::path folder = {};
  std::string model_sha256 = {};  ///< of the model file
  Sha256 sha256 = {};             ///< for a package's bytes
};

/// Where tiles are cut out of a photo and blended.
enum class TileWork : std::uint8_t {
  automatic,  ///< on a GPU where the engine runs on one, else on the host
  host,
  device,  ///< on a CPU: by LibTorch, for tests
};

/// Whether the tile pass runs through hdrtile's own kernels (src/kernels) where they know the model; on CPUs alone. That is
/// another engine, too. Where both are automatic it goes before a compiled package, as it is faster.
enum class FusedUse : std::uint8_t { never, automatic, always };

/// An open model file: engines made from it run what its name meant when it was opened, and need not parse it again.
/// Opaque; may be shared between threads.
class ModelFile;

struct EngineOptions {
  std::filesystem::path model;                  ///< a TorchScript file
  std::shared_ptr<ModelFile> opened = nullptr;  ///< `model` by open_model; null: it is opened
  bool draft = false;                           ///< run the model's draft() only
  /// auto | cpu | cuda | cuda:N, one device an engine; only auto falls back, and says so in EngineInfo::notes.
  std::string device = "auto";
  /// auto | fp32 | fp16 | bf16 | int8 | mixed; auto: FP16 on CUDA, BF16 where the CPU gains by it, else FP32. int8 and
  /// mixed need a package made for them.
  std::string precision = "auto";
  int threads = 0;  ///< 0: the cores this process may use (affinity and cgroup quota)
  /// On a CPU memory that wide layers have freed, up to 512 MiB, is kept for the next ones: not where the process's is
  /// bounded. It holds for the process from the first engine on that says so.
  bool keep_freed_layers = true;
  PackageOptions packages = {};
  FusedUse fused = FusedUse::never;
  TileWork tile_work = TileWork::automatic;
};

/// Sets what LibTorch reads from the environment as its first layer runs, unless the user has. To be called before
/// there are other threads: they may be reading the environment.
void set_up_environment();

/// Loads a model. Throws Error{model} (missing, none, contract broken; no package that fits, where one is a must) or
/// Error{device}.
[[nodiscard]] std::unique_ptr<Engine> make_engine(const EngineOptions& options);

/// Opens a model and reads what it says of itself, without running it. Throws Error{model}; with `sha256` also where
/// its weights are not those that it states.
[[nodiscard]] std::shared_ptr<ModelFile> open_model(const std::filesystem::path& path, const Sha256& sha256 = {});
[[nodiscard]] const ModelInfo& info_of(const ModelFile& model);

/// Reads what a model says of itself without running it. Throws Error{model}; with `sha256` also where its weights are
/// not those that it states.
[[nodiscard]] ModelInfo read_model_info(const std::filesystem::path& path, const Sha256& sha256 = {});

/// The devices that `asked` (auto | cpu | cuda | cuda:N[,M...]) names, each as EngineOptions::device takes it. Throws
/// Error{usage} for what is none of these, and for a GPU that is named twice.
[[nodiscard]] std::vector<std::string> split_devices(const std::string& asked);

/// A device that can run models here, for `hdrtile info`.
struct DeviceInfo {
  std::string id;  ///< what --device takes
  std::string name;
  std::int64_t memory_bytes = 0;
  bool native_bf16 = false;
};
[[nodiscard]] std::vector<DeviceInfo> list_devices();
/// Version of LibTorch and whether it was built with CUDA, for `hdrtile info`.
[[nodiscard]] std::string backend_version();

}  // namespace hdrtile
