#include "config/config.h"

#include <gmock/gmock.h>

#include <functional>

#include "config/stored_config.h"
#include "core/error.h"

namespace dreamer {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    return e.what();
  }
  return "no error";
}

TEST(Config, DefaultsAreThePaperPreset) {
  const Config config;
  Config paper;
  apply_preset(paper, "paper");
  EXPECT_EQ(to_json(config), to_json(paper));
}

TEST(Config, PresetIsWhole) {
  Config config;
  config.model.depth = 7;
  apply_preset(config, "paper");
  EXPECT_EQ(config.model.depth, 32);
}

TEST(Config, JsonComesBack) {
  Config config, copy;
  apply_preset(config, "quick");
  merge(copy, to_json(config));
  EXPECT_EQ(to_json(config), to_json(copy));
  EXPECT_NE(to_json(config), to_json(Config()));
}

TEST(Config, EveryPresetIsReadable) {
  EXPECT_THAT(preset_names(),
              ::testing::ElementsAre("atari", "paper", "paper-gr", "quick", "state"));
  for (const std::string& name : preset_names()) {
    Config config;
    EXPECT_NO_THROW(apply_preset(config, name)) << name;
  }
}

TEST(Config, UnknownKeysNameTheNearest) {
  Config config;
  EXPECT_THAT(message_of([&] {
                merge(config, {{"modle", Json::object()}});
              }),
              AllOf(HasSubstr("modle"), HasSubstr("did you mean model?")));
  EXPECT_THAT(message_of([&] { set(config, "behavior.horizn=3", {"behavior"}); }),
              HasSubstr("behavior.horizon"));
  EXPECT_THAT(message_of([&] { apply_preset(config, "qick"); }), HasSubstr("quick"));
}

TEST(Config, ValuesOutOfRangeSayWhatIsAllowed) {
  Config config;
  for (const char* wrong : {"behavior.gamma=1.5", "model.depth=0", "model.depth=2.5",
                            "model.gru=lstm", "model.discount_head=1", "model.depth=many"})
    EXPECT_THAT(message_of([&] { set(config, wrong, section_names()); }), HasSubstr("must be"))
        << wrong;
  EXPECT_EQ(to_json(config), to_json(Config()));
}

TEST(Config, SetTakesNumbersWordsAndTruth) {
  Config config;
  set(config, "model.depth=8", {"model"});
  set(config, "model.gru=gru_v1", {"model"});
  set(config, "model.discount_head=true", {"model"});
  set(config, "fit_model.learning_rate=1e-3", {"fit_model"});
  EXPECT_EQ(config.model.depth, 8);
  EXPECT_EQ(config.model.gru, "gru_v1");
  EXPECT_TRUE(config.model.discount_head);
  EXPECT_DOUBLE_EQ(config.fit_model.learning_rate, 1e-3);
}

TEST(Config, SetRefusesSectionsThatTheProgramDoesNotUse) {
  Config config;
  EXPECT_THAT(message_of([&] { set(config, "model.depth=8", {"behavior"}); }),
              HasSubstr("behavior"));
}

TEST(Config, SchemaDescribesEverySetting) {
  const Json schema = config_schema(), values = to_json(Config());
  for (const auto& [section, settings] : values.items())
    for (const auto& [key, value] : settings.items()) {
      const Json& entry = schema.at("properties").at(section).at("properties").at(key);
      EXPECT_EQ(entry.at("default"), value) << section << "." << key;
      EXPECT_FALSE(entry.at("description").get<std::string>().empty());
    }
}

TEST(StoredConfig, SettingsOfNewerVersionsAreLeftAlone) {
  Config config;
  merge_stored(config,
               {{"model", {{"depth", 8}, {"attention", true}}}, {"planner", {{"width", 3}}}},
               "m.h5");
  EXPECT_EQ(config.model.depth, 8);
}

TEST(StoredConfig, KnownSettingsWithImpossibleValuesAreOfTheFile) {
  for (const Json& stored : {Json({{"model", {{"depth", -1}}}}), Json({{"model", 3}})}) {
    Config config;
    try {
      merge_stored(config, stored, "m.h5");
      FAIL() << stored;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ExitCode::failed);
      EXPECT_THAT(e.what(), ::testing::StartsWith("m.h5: "));
    }
  }
}

}  // namespace
}  // namespace dreamer
