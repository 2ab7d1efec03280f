#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <utility>

#include "help.h"
#include "printable.h"
#include "quantity.h"
#include "shard.h"

namespace hdrtile::cli {
namespace {

/// Breaks long descriptions between words; CLI11 indents what follows a newline.
class WrappingFormatter final : public CLI::Formatter {
 public:
  WrappingFormatter() { column_width(indent_); }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::istringstream words(option->get_description());
    std::string text;
    std::size_t column = 0;
    for (std::string word; words >> word; column += word.size() + 1) {
      if (column + word.size() > line_ - indent_) {
        text += '\n';
        column = 0;
      } else if (column > 0) {
        text += ' ';
      }
      text += word;
    }
    return text;
  }

 private:
  static constexpr std::size_t indent_ = 36;
  static constexpr std::size_t line_ = 110;
};

[[noreturn]] void refuse(const std::string& flag, const std::string& why) { throw CLI::ValidationError(flag, why); }

/// A flag that takes one of some words.
template <typename T>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, T& target,
                        const std::vector<std::pair<std::string, T>>& choices, const std::string& help) {
  std::string words;
  for (const auto& choice : choices) words += (words.empty() ? "" : "|") + choice.first;
  return app
      .add_option_function<std::string>(
          flag,
          [&target, choices, words, flag](const std::string& word) {
            for (const auto& [name, value] : choices) {
              if (name == word) {
                target = value;
                return;
              }
            }
            refuse(flag, "'" + word + "' is none of " + words);
          },
          help)
      ->option_text(words);
}

/// What results can be written as, by the words for it.
std::vector<std::pair<std::string, std::optional<Format>>> written_formats() {
  std::vector<std::pair<std::string, std::optional<Format>>> words;
  for (const FormatFacts& facts : formats()) {
    if (!facts.writes) continue;
    for (const auto extension : facts.extensions) words.emplace_back(extension, facts.format);
  }
  return words;
}

/// A flag that takes a positive number of pixels or tiles, "auto", or the words given.
CLI::Option* add_count(CLI::App& app, const std::string& flag, std::optional<int>& target, int least,
                       const std::vector<std::pair<std::string, std::optional<int>>>& words, const std::string& text,
                       const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag,
          [&target, flag, least, words, text](const std::string& value) {
            for (const auto& [word, meaning] : words) {
              if (word == value) {
                target = meaning;
                return;
              }
            }
            int number = 0;
            if (!CLI::detail::lexical_cast(value, number) || number < least) {
              refuse(flag, "'" + value + "' must be " + text + " (N from " + std::to_string(least) + ")");
            }
            target = number;
          },
          help)
      ->option_text(text);
}

CLI::Option* add_quantity(CLI::App& app, const std::string& flag, std::int64_t& target, int base,
                          const std::string& help) {
  return app
      .add_option_function<std::string>(
          flag,
          [&target, flag, base](const std::string& value) {
            try {
              target = parse_quantity(value, base);
            } catch (const Error& error) {
              refuse(flag, error.what());
            }
          },
          help)
      ->option_text("SIZE");
}

CLI::Option* add_shard(CLI::App& app, std::optional<Shard>& target) {
  return app
      .add_option_function<std::string>(
          "--shard",
          [&target](const std::string& value) {
            try {
              target = parse_shard(value, [](const char* name) { return std::getenv(name); });
            } catch (const Error& error) {
              refuse("--shard", error.what());
            }
          },
          help::shard)
      ->option_text("I/N|auto|auto/N");
}

void add_verbosity(CLI::App& app, int& verbosity) {
  app.add_flag_function(
         "-v,--verbose", [&](std::int64_t) { verbosity = 1; }, "say what is decided and why")
      ->group("Output and logs");
  app.add_flag_function(
         "-q,--quiet", [&](std::int64_t) { verbosity = -1; }, "warnings and errors only")
      ->group("Output and logs");
}

void add_model_flags(CLI::App& app, ModelFlags& flags) {
  const std::string model = "Model and device";
  app.add_option("--model", flags.model, help::model)->option_text("NAME|FILE")->group(model);
  app.add_option_function<std::string>(
         "--device",
         [&flags](const std::string& value) {
           try {
             (void)split_devices(value);
           } catch (const Error& error) {
             refuse("--device", std::string(error.what()) + "; hdrtile info lists what is here");
           }
           flags.device = value;
         },
         help::device)
      ->option_text("auto|cpu|cuda|cuda:N[,M...]")
      ->group(model);
  add_choice<std::string>(
      app, "--precision", flags.precision,
      {{"auto", "auto"}, {"fp32", "fp32"}, {"fp16", "fp16"}, {"bf16", "bf16"}, {"int8", "int8"}, {"mixed", "mixed"}},
      help::precision)
      ->group(model);
  std::vector<std::pair<std::string, EngineChoice>> engines;
  for (const EngineWord& engine : engine_words) engines.emplace_back(engine.word, engine.choice);
  add_choice<EngineChoice>(app, "--engine", flags.engine, engines, help::engine)->group(model);
  const std::string tiles = "Tiles and memory";
  std::vector<std::pair<std::string, const Preset*>> names;
  for (const Preset& preset : presets()) names.emplace_back(preset.name, &preset);
  add_choice<const Preset*>(app, "--preset", flags.preset, names, help::preset)->group(tiles);
  const CLI::Option* const tile =
      add_count(app, "--tile", flags.tiling.tile, 1, {{"auto", std::nullopt}, {"whole", TileSpec::whole_image}},
                "N|auto|whole", help::tile)
          ->group(tiles);
  const CLI::Option* const overlap =
      add_count(app, "--overlap", flags.tiling.overlap, 0, {{"auto", std::nullopt}}, "N|auto", help::overlap)
          ->group(tiles);
  const CLI::Option* const batch =
      add_count(app, "--batch", flags.tiling.batch, 1, {{"auto", std::nullopt}}, "N|auto", help::batch)->group(tiles);
  app.final_callback([&flags, tile, overlap, batch] {
    flags.given = {.tile = tile->count() > 0, .overlap = overlap->count() > 0, .batch = batch->count() > 0};
  });
  add_quantity(app, "--max-memory", flags.tiling.max_memory, 1024, help::max_memory)->group(tiles);
}

void add_enhance(CLI::App& app, EnhanceFlags& flags, int& verbosity) {
  const std::string files = "Files";
  app.add_option("INPUT", flags.inputs, help::input)->required()->option_text("...");
  app.add_flag("-r,--recursive", flags.recursive, help::recursive)->group(files);
  app.add_flag("--brackets", flags.brackets, help::brackets)->group(files);
  app.add_flag_function(
         "-0,--null", [&](std::int64_t) { flags.separator = ListSeparator::nul; }, help::null)
      ->group(files);
  app.add_option("-o,--output", flags.output, help::output)->option_text("FILE|FOLDER|TEMPLATE")->group(files);
  add_choice<OnExist>(app, "--on-exist", flags.on_exist,
                      {{"skip", OnExist::skip},
                       {"update", OnExist::update},
                       {"overwrite", OnExist::overwrite},
                       {"rename", OnExist::rename},
                       {"fail", OnExist::fail}},
                      help::on_exist)
      ->group(files);
  app.add_flag("--reprocess", flags.reprocess, help::reprocess)->group(files);
  add_choice<std::optional<Format>>(app, "--format", flags.format, written_formats(), help::format)->group(files);
  app.add_option("--quality", flags.quality, help::quality)
      ->check(CLI::Range(1, 100))
      ->option_text("1..100")
      ->group(files);
  add_choice<MetadataPolicy>(
      app, "--metadata", flags.metadata,
      {{"keep", MetadataPolicy::keep}, {"no-gps", MetadataPolicy::no_gps}, {"none", MetadataPolicy::none}},
      help::metadata)
      ->group(files);
  add_choice<std::optional<Chroma>>(
      app, "--chroma", flags.chroma,
      {{"keep", std::nullopt}, {"444", Chroma::full}, {"422", Chroma::half}, {"420", Chroma::quarter}}, help::chroma)
      ->group(files);
  app.add_flag("--to-srgb", flags.to_srgb, help::to_srgb)->group(files);
  add_count(app, "--max-side", flags.max_side, 1, {{"any", std::nullopt}}, "N|any", help::max_side)->group(files);
  app.add_flag("--dither", flags.dither, help::dither)->group(files);
  app.add_option("--strength", flags.strength, help::strength)
      ->check(CLI::Range(0.0, 1.0))
      ->option_text("0..1")
      ->group("Look");
  add_model_flags(app, flags.model);
  const std::string run = "Running";
  add_shard(app, flags.shard)->group(run);
  add_count(app, "--jobs", flags.jobs, 0, {{"auto", std::nullopt}}, "N|auto", help::jobs)->group(run);
  add_quantity(app, "--max-pixels", flags.max_pixels, 1000, help::max_pixels)->group(run);
  app.add_flag("-n,--dry-run", flags.dry_run, help::dry_run)->group(run);
  const std::string output = "Output and logs";
  add_choice<ProgressMode>(app, "--progress", flags.progress,
                           {{"auto", ProgressMode::automatic},
                            {"bar", ProgressMode::bar},
                            {"json", ProgressMode::json},
                            {"none", ProgressMode::none}},
                           help::progress)
      ->group(output);
  app.add_option("--report", flags.report, help::report)->option_text("FILE.json")->group(output);
  add_verbosity(app, verbosity);
  app.footer(help::enhance_footer);
}

void add_info(CLI::App& app, InfoFlags& flags, int& verbosity) {
  app.add_option("PHOTO", flags.photos, "photos to tell about: header facts and how each would be cut into tiles")
      ->option_text("...");
  add_model_flags(app, flags.model);
  app.add_flag("--json", flags.json, "one JSON object in place of text")->group("Output and logs");
  add_verbosity(app, verbosity);
  app.footer(help::info_footer);
}

void add_compare(CLI::App& app, CompareFlags& flags, int& verbosity) {
  app.add_option("A", flags.a, "a photo")->required()->option_text(" ");
  app.add_option("B", flags.b, "the photo to compare it with, of the same size")->required()->option_text(" ");
  const std::string limits = "Limits (exit 1 when one is missed)";
  app.add_option("--min-psnr", flags.min_psnr, "PSNR at least this, dB")->option_text("DB")->group(limits);
  app.add_option("--min-ssim", flags.min_ssim, "SSIM at least this, up to 1")->option_text("SSIM")->group(limits);
  app.add_option("--max-delta-e", flags.max_delta_e, "mean CIEDE2000 at most this")->option_text("DE")->group(limits);
  app.add_option("--max-delta-e-max", flags.max_delta_e_max, "largest CIEDE2000 of a pixel at most this")
      ->option_text("DE")
      ->group(limits);
  app.add_option("--max-diff", flags.max_difference,
                 "largest difference of a sample at most this, in steps of 1/255 (1 is one step of an 8-bit photo, "
                 "0.5 half a step)")
      ->option_text("STEPS")
      ->group(limits);
  app.add_flag("--json", flags.json, "one JSON object in place of text")->group("Output and logs");
  add_verbosity(app, verbosity);
  app.footer(help::compare_footer);
}

void add_bench(CLI::App& app, BenchFlags& flags, int& verbosity) {
  app.add_option("PHOTO", flags.photo, help::bench_photo)->option_text(" ");
  add_model_flags(app, flags.model);
  app.add_option("--seconds", flags.seconds, help::bench_seconds)
      ->check(CLI::Range(0.0, 600.0))
      ->option_text("N")
      ->group("Running");
  app.add_flag("--json", flags.json, "one JSON object in place of text")->group("Output and logs");
  add_verbosity(app, verbosity);
  app.footer(help::bench_footer);
}

void add_merge(CLI::App& app, MergeFlags& flags, int& verbosity) {
  app.add_option("REPORT", flags.reports, help::merge_reports)->required()->option_text("...");
  app.add_option("-o,--output", flags.output, help::merge_output)->option_text("FILE.json");
  add_verbosity(app, verbosity);
  app.footer(help::merge_footer);
}

/// The command line without the program's name, and with ./ before what is a name and CLI11 takes for something else:
/// "[a,b]" (for two names, a and b), and names with a dash after "--", which it knows before the first photo alone.
std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  bool names_alone = false;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (!names_alone && argument == "--") {
      names_alone = true;
      continue;
    }
    const bool dashed = names_alone && argument.size() > 1 && argument.starts_with('-');  // "-" stays a list on stdin
    const bool bracketed = argument.starts_with('[') && argument.ends_with(']');
    if (dashed || bracketed) argument.insert(0, "./");
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace

const char* to_string(EngineChoice choice) noexcept {
  for (const EngineWord& engine : engine_words) {
    if (engine.choice == choice) return engine.word;
  }
  return "";
}

std::variant<Options, ExitCode> parse_options(int argc, const char* const* argv) {
  CLI::App app(help::program, "hdrtile");
  app.set_version_flag("--version", "hdrtile " HDRTILE_VERSION);
  app.require_subcommand(1);
  app.footer(help::program_footer);
  app.formatter(std::make_shared<WrappingFormatter>());
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return CLI::FailureMessage::simple(failed, {error.get_name(), printable(error.what()), error.get_exit_code()});
  });

  Options options;
  EnhanceFlags enhance;
  InfoFlags info;
  CompareFlags compare;
  MergeFlags merge;
  BenchFlags bench;
  CLI::App* const enhance_app = app.add_subcommand("enhance", help::enhance);
  add_enhance(*enhance_app, enhance, options.verbosity);
  CLI::App* const info_app = app.add_subcommand("info", help::info);
  add_info(*info_app, info, options.verbosity);
  CLI::App* const compare_app = app.add_subcommand("compare", help::compare);
  add_compare(*compare_app, compare, options.verbosity);
  CLI::App* const bench_app = app.add_subcommand("bench", help::bench);
  add_bench(*bench_app, bench, options.verbosity);
  CLI::App* const report_app = app.add_subcommand("report", help::report_command);
  report_app->require_subcommand(1);
  CLI::App* const merge_app = report_app->add_subcommand("merge", help::merge);
  add_merge(*merge_app, merge, options.verbosity);

  try {
    auto arguments = arguments_of(argc, argv);
    std::ranges::reverse(arguments);  // it takes them from the end
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? ExitCode::ok : ExitCode::usage;
  }
  if (enhance_app->parsed()) options.command = std::move(enhance);
  if (info_app->parsed()) options.command = std::move(info);
  if (compare_app->parsed()) options.command = std::move(compare);
  if (bench_app->parsed()) options.command = std::move(bench);
  if (merge_app->parsed()) options.command = std::move(merge);
  return options;
}

}  // namespace hdrtile::cli
