# PROSE, with @OPTIONS@ replaced by what PROGRAM says of its own options, through scdoc to PAGE.
file(READ ${PROSE} text)
if(PROGRAM)
  execute_process(COMMAND ${PROGRAM} --help-man OUTPUT_VARIABLE options COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "@OPTIONS@\n" "${options}" text "${text}")
endif()
file(WRITE ${PAGE}.scd "${text}")
# Without this scdoc dates the page of the day it was built.
set(ENV{SOURCE_DATE_EPOCH} 1767225600)
execute_process(COMMAND ${SCDOC} INPUT_FILE ${PAGE}.scd OUTPUT_FILE ${PAGE}
                COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE ${PAGE}.scd)
