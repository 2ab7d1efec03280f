#pragma once

/// What --help says. No manual should be needed beside it.
namespace hdrtile::cli::help {

inline constexpr auto program =
    "hdrtile makes real-estate photos look like a bracketed HDR shot, one photo in, one photo out.";
inline constexpr auto program_footer = R"(Examples:
  hdrtile enhance *.jpg                  a_hdr.jpg beside each a.jpg; run again, it does only what is new
  hdrtile info                           devices, models, formats
  hdrtile compare a_hdr.jpg truth.jpg    how far apart two photos are
  hdrtile bench                          how fast this machine is, and what to set
  hdrtile report merge shard-*.json      one report of the runs that shared a list
  hdrtile enhance --help                 every flag, with examples

Results and JSON go to stdout, everything else to stderr.
Exit codes: 0 all done (skips included), 1 some photos failed, a folder could not be read or a limit was
            missed, 2 usage, 3 model or device, 130 interrupted)";

inline constexpr auto enhance = "Enhance photos";
inline constexpr auto input =
    "photos (hdrtile info lists the formats), folders, globs the shell left alone, @list.txt, or - for a list on stdin";
inline constexpr auto recursive = "go into the folders of folders; with -o FOLDER their tree is mirrored there";
inline constexpr auto brackets =
    "find brackets (three to nine exposures of one scene, by EXIF and by what they show), align and fuse each, and "
    "enhance that: one result a bracket, named after its middle exposure";
inline constexpr auto null = "names in lists end with a NUL byte instead of a newline (find -print0)";
inline constexpr auto output =
    "where results go: a folder (it exists, ends in / or has no extension), a template with {dir} {stem} {ext} "
    "{model}, or for one photo a file name; default '{dir}/{stem}_hdr.{ext}'";
inline constexpr auto on_exist =
    "when a result exists: leave it (default), redo it if photo, model or settings have changed, redo it, write "
    "name_2 beside it, or fail";
inline constexpr auto reprocess = "enhance photos that hdrtile has made, too";
inline constexpr auto format =
    "format of the results; default: the photo's own (JPEG for camera raw files), or what -o's extension says";
inline constexpr auto quality = "of lossy results, default 92; a JPEG XL of 100 is lossless";
inline constexpr auto metadata =
    "EXIF, IPTC, XMP: keep all (default), all but GPS positions, or none; colour profiles always stay";
inline constexpr auto chroma =
    "at which resolution JPEG results store colour; keep (default): as the photo does; for what was no JPEG 444 from "
    "quality 90 on, else 420";
inline constexpr auto to_srgb = "convert results to sRGB, as most websites want, and embed its profile";
inline constexpr auto max_side =
    "shrink results to at most so many pixels a side, e.g. 2048 for a listing; default any";
inline constexpr auto dither = "add noise of one step where values are rounded, against bands in skies and walls";
inline constexpr auto strength = "how much of the enhancement is taken: 0 the photo as it was, 1 all (default)";
inline constexpr auto model = "a model's name (hdrtile info lists them) or a TorchScript file; default small";
inline constexpr auto device =
    "what to compute on; auto (default) takes a GPU when there is one and says so when not; cuda:0,1: photos go to "
    "whichever of these GPUs is free";
inline constexpr auto precision =
    "of the tile pass; auto (default): fp16 on CUDA, bf16 on CPUs that gain by it, else fp32; int8 and mixed run what "
    "scripts/quantize.py has made of the model";
inline constexpr auto engine =
    "auto (default): hdrtile's own kernels where they know the model (on a CPU), else one compiled for this machine "
    "(scripts/compile_model.py), else TorchScript; fused, compiled: fail where these cannot be used";
inline constexpr auto preset =
    "tile, overlap and batch as on a Jetson AGX Orin (1024, 128, 4), on a Jetson Xavier NX or on a mobile GPU (512, "
    "64, 1), "
    "each unless given; default: none";
inline constexpr auto tile = "largest side of a tile in pixels; whole: the photo in one piece; default auto";
inline constexpr auto overlap = "pixels that neighbouring tiles share at least; default auto";
inline constexpr auto batch =
    "tiles computed at once; changes pixels by no more than rounding; default auto: one on a CPU, "
    "what memory allows on a GPU";
inline constexpr auto max_memory = "bound on memory, e.g. 1.5G: the process's on CPU, the GPU's on CUDA";
inline constexpr auto shard =
    "do one of N even parts of the list, counted from 1: 1/4 ... 4/4; each run must be given the same list. auto: "
    "which "
    "one, by SLURM_ARRAY_TASK_ID and _COUNT, JOB_COMPLETION_INDEX (it has no count: auto/N) or "
    "AWS_BATCH_JOB_ARRAY_INDEX "
    "and _SIZE, in this order; arrays that start at 0 are understood";
inline constexpr auto jobs =
    "threads that decode and as many that encode; 0: everything on one thread, one photo after another; changes no "
    "pixel; default auto";
inline constexpr auto max_pixels = "refuse photos of more pixels than this, e.g. 400M (default 268M)";
inline constexpr auto dry_run =
    "say on stdout (as events with --progress json) what would be done and about how long it takes and how much space "
    "(a few photos are tried in memory), and do nothing, but write the report where --report asks for one";
inline constexpr auto progress =
    "auto (default): a bar when stderr is a terminal; bar: always; json: one event a line on stdout (see below)";
inline constexpr auto report =
    "write what became of every photo of this run, and how, as JSON; also when interrupted; replaces the report of an "
    "earlier run";
inline constexpr auto enhance_footer = R"(Examples:
  hdrtile enhance *.jpg                                   beside the originals, as NAME_hdr.jpg
  hdrtile enhance -r shoot/ -o done/                      a whole tree into another folder
  hdrtile enhance *.jpg -o web/ --max-side 2048 --to-srgb --metadata no-gps   for a listing
  hdrtile enhance a.jpg -o '{dir}/{stem}-{model}.png'     names by template, format by extension
  hdrtile enhance *.jpg --on-exist update --strength 0.7  redo what has changed
  find . -name '*.jpg' -print0 | hdrtile enhance -0 -     a list on stdin
  seq 4 | parallel hdrtile enhance @list.txt --shard {}/4 --report shard-{}.json    four runs share a list
  hdrtile enhance *.jpg --report report.json --progress json --quiet   from a program

Progress events, one JSON object a line: {"event": "batch", "photos": N, "shard", ...} first; for each photo
{"event": "start", "input", "width", "height"}, {"event": "progress", "input", "share"} with share in
0..1, {"event": "finish", "input", "output", "status", "reason", ...} with status done, skipped,
failed or cancelled (a name that is no UTF-8 is given in "input_bytes", "output_bytes" as well,
percent-encoded); at the end {"event": "summary", "done", "skipped", "failed", "cancelled", "stale",
"unread_folders", "seconds"}.
A dry run has "dry_run": true in its first event, tells what would become of each photo when it has looked
at all of them, and ends with its "estimate".

A photo that fails does so alone; results appear whole or not at all; inputs are never written to.
Exit codes: 0 all done (skips included), 1 some photos failed or a folder could not be read, 2 usage,
            3 model or device, 130 interrupted)";

inline constexpr auto info = "Tell about devices, models, formats and photos";
inline constexpr auto info_footer = R"(Examples:
  hdrtile info
  hdrtile info kitchen.jpg --tile 1024
  hdrtile info --json)";

inline constexpr auto compare = "Measure how two photos differ: PSNR, SSIM, CIEDE2000";
inline constexpr auto compare_footer = R"(Examples:
  hdrtile compare a_hdr.jpg reference.jpg
  hdrtile compare a.png b.png --min-psnr 60 --max-diff 1    exit 1 when missed, naming the limit

PSNR and the largest difference count transparency, too; a photo that has none is opaque.)";

inline constexpr auto bench = "Measure how fast this machine is, and say what to set";
inline constexpr auto bench_photo =
    "a photo to measure with, or as much of its middle as there is time for; default: a synthetic one";
inline constexpr auto bench_seconds = "that each way to run the model is measured for, about; default 5";
inline constexpr auto bench_footer = R"(Examples:
  hdrtile bench
  hdrtile bench kitchen.jpg --model denoise.pt
  hdrtile bench --precision bf16 --json

Takes a minute or so: the fastest matrix product and copy, then each precision and engine that runs here. Tells the
time of each stage, memory, how far results are from those in FP32, and the command line that is fastest of those
within 40 dB of it.)";

inline constexpr auto report_command = "Work on reports of enhance";
inline constexpr auto merge = "Merge the reports of the shards of a list into one";
inline constexpr auto merge_reports =
    "what enhance --report wrote; several of one shard (it was run again) are fine: what became of a photo is the best "
    "that any of them tells";
inline constexpr auto merge_output = "where the merged report goes; default stdout";
inline constexpr auto merge_footer = R"(Examples:
  hdrtile report merge shard-*.json -o report.json
  hdrtile report merge shard-*.json | jq '.photos[] | select(.status == "failed")'

Reports of other lists, models, settings or versions are refused.
Exit codes: 0 every photo of the list is done or skipped, 1 some failed or were not reached, a shard's
            report is missing, or a folder could not be read, 2 not reports of one list)";

}  // namespace hdrtile::cli::help
