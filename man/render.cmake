# PROSE through scdoc to PAGE. @OPTIONS@ in it becomes what PROGRAM says of its own options, and
# @LAYOUT NAME@ the contents of LAYOUTS/NAME.layout.json.
include(${CMAKE_CURRENT_LIST_DIR}/layouts.cmake)
file(READ ${PROSE} text)
if(PROGRAM)
  execute_process(COMMAND ${PROGRAM} --help-man OUTPUT_VARIABLE options COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "@OPTIONS@\n" "${options}" text "${text}")
endif()
string(REGEX MATCHALL "@LAYOUT [a-z]+@" wanted "${text}")
foreach(place ${wanted})
  string(REGEX REPLACE "@LAYOUT ([a-z]+)@" "\\1" name "${place}")
  layout_as_scdoc(${LAYOUTS}/${name}.layout.json described)
  string(REPLACE "${place}\n" "${described}" text "${text}")
endforeach()
file(WRITE ${PAGE}.scd "${text}")
# Without this scdoc dates the page of the day it was built.
set(ENV{SOURCE_DATE_EPOCH} 1767225600)
execute_process(COMMAND ${SCDOC} INPUT_FILE ${PAGE}.scd OUTPUT_FILE ${PAGE}
                COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE ${PAGE}.scd)
