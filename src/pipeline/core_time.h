#pragma once

#include <sys/types.h>  // clockid_t

#include <list>
#include <mutex>
#include <optional>

namespace hdrtile {

/// Processor time of a run, told apart: what its codecs use, and what its network uses beside them. Thread-safe.
///
/// A codec's is that of the thread that calls it. The network's is that of the whole process while a photo is computed,
/// less what codecs use meanwhile: threads that compute come and go with OpenMP, and clocks of their own would miss
/// some. So neither can be told once a codec has run whose library has threads of its own (FormatFacts::own_threads),
/// and the network's cannot while two photos are computed at once.
class CoreTime {
 public:
  /// What the calling thread uses for decoding or encoding, as long as this lives; made and used on one thread.
  class Codec {
   public:
    explicit Codec(CoreTime& times);
    ~Codec();
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;

    /// Said before a codec runs that has threads of its own.
    void has_threads();
    /// So far; empty: cannot be told.
    [[nodiscard]] std::optional<double> ms() const;

   private:
    friend class CoreTime;
    CoreTime& times_;
    clockid_t clock_ = {};
    double start_ = 0;
    bool told_ = true;
    std::list<const Codec*>::iterator place_;
  };

  /// What the network uses, as long as this lives.
  class Network {
   public:
    explicit Network(CoreTime& times);
    ~Network();
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// So far; empty: cannot be told.
    [[nodiscard]] std::optional<double> ms() const;

   private:
    CoreTime& times_;
    double start_ = 0;
    long turn_ = 0;
    bool alone_ = true;
  };

 private:
  /// Of the process, less that of codecs, those under way included. `mutex_` is held.
  [[nodiscard]] double without_codecs() const;

  std::mutex mutex_;  // guards the rest
  std::list<const Codec*> coding_;
  double coded_ms_ = 0;  // by codecs that have ended
  bool mixed_ = false;   // a codec has had threads of its own
  int computing_ = 0;    // photos at this moment
  long turns_ = 0;       // photos computed or being computed
};

}  // namespace hdrtile
