# The MJCF models of the tasks: dm_control's own files, from the pinned wheel, beside ours under
# share/dreamer/mjcf in the build tree and after install. They are Apache-2.0: their licence goes
# with them.
set(mjcf_models acrobot ball_in_cup cartpole cheetah finger hopper pendulum quadruped reacher walker)
foreach(model ${mjcf_models})
  list(APPEND mjcf_files ${model}.xml)
endforeach()
list(APPEND mjcf_files common/materials.xml common/skybox.xml common/visual.xml)

foreach(file ${mjcf_files})
  configure_file(${DM_CONTROL_SUITE}/${file} ${DREAMER_SHARE_DIR}/mjcf/${file} COPYONLY)
endforeach()

file(GLOB dm_control_licenses ${DM_CONTROL_SUITE}/../../dm_control-*.dist-info/licenses/LICENSE
                              ${DM_CONTROL_SUITE}/../../dm_control-*.dist-info/LICENSE
                              ${DM_CONTROL_SUITE}/../LICENSE)
if(NOT dm_control_licenses)
  message(FATAL_ERROR "dm_control's LICENSE not found beside ${DM_CONTROL_SUITE}; its MJCF models "
                      "may not be installed without it: ${DREAMER_SETUP_HINT}")
endif()
list(GET dm_control_licenses 0 dm_control_license)
configure_file(${dm_control_license} ${DREAMER_SHARE_DIR}/mjcf/LICENSE COPYONLY)

install(DIRECTORY ${DREAMER_SHARE_DIR}/mjcf DESTINATION ${CMAKE_INSTALL_DATADIR}/dreamer)
