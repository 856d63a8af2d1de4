# What `make install` puts in place beside programs, presets, schemas, MJCF models and man pages:
# libraries, headers, the CMake package, completion, licence.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dreamer)
set(libraries dreamer)
install(TARGETS dreamer_video dreamer_tables dreamer_portable LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET dreamer_learn)
  list(APPEND libraries dreamer_learn dreamer_torch)
endif()
install(TARGETS ${libraries} EXPORT dreamerTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT dreamerTargets NAMESPACE dreamer:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dreamer
        FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/dreamerConfig.cmake.in ${PROJECT_BINARY_DIR}/dreamerConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dreamerConfigVersion.cmake
                                 COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dreamerConfig.cmake
              ${PROJECT_BINARY_DIR}/dreamerConfigVersion.cmake DESTINATION ${package_dir})

# bash looks for a file named as the program: each is the one script.
foreach(program ${DREAMER_PROGRAMS})
  install(FILES ${PROJECT_SOURCE_DIR}/tools/completion.bash RENAME ${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
