#include "env/child_environment.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/json.h"

namespace dreamer::env {
namespace {

static_assert(std::endian::native == std::endian::little, "the protocol is little-endian");

constexpr std::int64_t kProtocol = 1;
constexpr double kStartSeconds = 60;  // at least, for a program to start and to say what it is
constexpr std::uint32_t kLongestMessage = 1 << 20;
constexpr std::int64_t kMostValues = std::int64_t{1} << 28;  // of an observation

enum class Request : std::uint8_t { begin = 'B', step = 'S' };
enum class Answer : std::uint8_t { record = 'R', error = 'E' };
// Bits of a record's ends.
constexpr std::uint8_t kTerminated = 1, kTruncated = 2;

class Message {
 public:
  explicit Message(Request request) { add(request); }
  template <class T>
  void add(const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

template <class T>
T receive_one(ChildProcess& process) {
  T value{};
  process.receive(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

/// What −1 and 1 of a stored action stand for; as it is where the space has no bounds.
float physical(const Space& action, std::size_t i, float stored) {
  if (action.low.empty() || action.high.empty()) return stored;
  const double low = action.low[i], high = action.high[i];
  return static_cast<float>((static_cast<double>(stored) + 1) / 2 * (high - low) + low);
}

void check(const Space& space) {
  if (space.shape.size() > 32 || space.size() < 1 || space.size() > kMostValues)
    throw error("{} is of shape {}; 1 to {} values are allowed", space.name,
                shape_text(space.shape), kMostValues);
}

}  // namespace

ChildEnvironment::ChildEnvironment(std::string task, const std::vector<std::string>& command,
                                   const EnvironmentOptions& options, Paced paced)
    : task_(std::move(task)),
      options_(options),
      paced_(paced),
      process_(
          std::make_unique<ChildProcess>(command, std::max(options.answer_seconds, kStartSeconds))),
      signature_(with_context(task_, [&] { return handshake(); })) {
  process_->set_answer_seconds(options.answer_seconds);
}

Signature ChildEnvironment::handshake() {
  const std::string line = process_->receive_line();
  const auto hello = try_parse_json(line);
  if (!hello || !hello->is_object())
    throw error("its first line is no JSON object: {}", line.substr(0, 80));
  if (const auto failed = hello->find("error"); failed != hello->end())
    throw error("{}", failed->is_string() ? failed->get<std::string>() : failed->dump());
  if (const auto protocol = hello->find("protocol");
      protocol == hello->end() || *protocol != kProtocol)
    throw error("it speaks protocol {}, this is {}",
                protocol == hello->end() ? "none" : protocol->dump(), kProtocol);
  Json described = *hello;
  described["task"] = task_;
  described["frames_per_step"] = options_.action_repeat;  // a request for a step, times the repeat
  Signature signature = signature_of(described, "its first line");
  for (const Space& space : signature.observations) check(space);
  check(signature.action);
  std::ranges::sort(signature.observations, {}, &Space::name);
  signature.protocol = {{"action_repeat", options_.action_repeat}};
  if (options_.time_limit > 0) signature.protocol["time_limit"] = options_.time_limit;
  return signature;
}

template <class T>
std::vector<T> ChildEnvironment::receive_values(const Space& space) {
  std::vector<T> values(static_cast<std::size_t>(space.size()));
  process_->receive(std::as_writable_bytes(std::span(values)));
  return values;
}

ChildEnvironment::Reply ChildEnvironment::receive() {
  const auto answer = receive_one<std::uint8_t>(*process_);
  if (answer == static_cast<std::uint8_t>(Answer::error)) {
    std::string text(std::min(receive_one<std::uint32_t>(*process_), kLongestMessage), ' ');
    process_->receive(std::as_writable_bytes(std::span(text)));
    throw error("{}", text);
  }
  if (answer != static_cast<std::uint8_t>(Answer::record))
    throw error("the environment answered with {}, which is neither a record nor an error", answer);
  Reply reply;
  reply.reward = receive_one<double>(*process_);
  const auto ends = receive_one<std::uint8_t>(*process_);
  reply.terminated = (ends & kTerminated) != 0;
  reply.truncated = (ends & kTruncated) != 0;
  for (const Space& space : signature_.observations) {
    if (space.kind == SpaceKind::image) {
      reply.step.images[space.name] = receive_values<std::uint8_t>(space);
      continue;
    }
    auto values = receive_values<float>(space);
    if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); }))
      throw error("the observation {} is not finite", space.name);
    reply.step.vectors[space.name] = std::move(values);
  }
  if (!std::isfinite(reply.reward)) throw error("the reward is {}", reply.reward);
  return reply;
}

Step ChildEnvironment::begin(EpisodeId id) {
  const auto where = fmt::format("{}, seed {}, episode {}", task_, id.seed, id.index);
  return with_context(where, [&] {
    Message message(Request::begin);
    message.add(id.seed);
    message.add(id.index);
    process_->send(message.bytes());
    Reply reply = receive();
    frames_ = 0;
    // An episode needs a step: one that is over as it begins is ended by the first.
    over_ = false;
    return std::move(reply.step);
  });
}

Step ChildEnvironment::step(std::span<const float> action) {
  if (over_) throw error("{}: step after the end of an episode; begin one first", task_);
  const Space& space = signature_.action;
  if (std::ssize(action) != space.size())
    throw error("{} takes actions of {} values, not {}", task_, space.size(), action.size());
  Message message(Request::step);
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (!(action[i] >= -1.0F && action[i] <= 1.0F))
      throw error("{}: action {} is {}, not in [-1,1]", task_, i, action[i]);
    message.add(physical(space, i, action[i]));
  }
  double reward = 0;
  Reply reply;
  const std::int64_t requests = paced_ == Paced::by_us ? options_.action_repeat : 1;
  for (std::int64_t i = 0; i < requests && !over_; ++i) {
    process_->send(message.bytes());
    reply = receive();
    reward += reply.reward;
    ++frames_;
    over_ = reply.terminated || reply.truncated ||
            (paced_ == Paced::by_us && options_.time_limit > 0 && frames_ >= options_.time_limit);
  }
  reply.step.reward = static_cast<float>(reward);
  reply.step.discount = reply.terminated ? 0.0F : 1.0F;
  reply.step.last = over_;
  return std::move(reply.step);
}

}  // namespace dreamer::env
