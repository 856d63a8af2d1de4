#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/episode.h"
#include "env/environment.h"

namespace dreamer {

// The states that logged episodes of our tasks went through, and what can be done with them.

/// The environment of an episode's task, whose state can be set.
/// @throws Error for one that a file must not name, or that has no such state
[[nodiscard]] std::unique_ptr<env::Environment> make_simulated(
    const std::string& task, const env::EnvironmentOptions& options);

/// The episode with the states of its rows, where it does not store them from acting again from its
/// seed, which must give the rewards that it logged.
/// @throws Error if it cannot be acted again
[[nodiscard]] data::Episode with_states(data::Episode logged, const env::Simulator& simulator);

/// The state of row `t`.
[[nodiscard]] env::Simulator::Fields state_of(const data::Episode& episode, std::int64_t t,
                                              const env::Simulator& simulator);

/// What the simulator does behind row `row` of an episode with states, along `actions` [H,A].
/// @return an episode of 1 + H rows: the first is that row
/// @throws Error if the simulation ends before
[[nodiscard]] data::Episode simulated(const data::Episode& logged, std::int64_t row,
                                      std::vector<float> actions, env::Environment& environment);

}  // namespace dreamer
