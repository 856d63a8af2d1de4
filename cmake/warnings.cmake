# What every target of ours is compiled with: `dreamer_settings`.
add_library(dreamer_settings INTERFACE)
target_compile_options(dreamer_settings INTERFACE -Wall -Wextra -Wshadow -Wno-unused-parameter)
if(DREAMER_WERROR)
  target_compile_options(dreamer_settings INTERFACE -Werror)
endif()
if(DREAMER_SANITIZE)
  target_compile_options(dreamer_settings INTERFACE -fsanitize=address,undefined
                                                    -fno-sanitize-recover=undefined
                                                    -fno-omit-frame-pointer)
  target_link_options(dreamer_settings INTERFACE -fsanitize=address,undefined)
endif()
if(DREAMER_SANITIZE_THREADS)
  target_compile_options(dreamer_settings INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(dreamer_settings INTERFACE -fsanitize=thread)
endif()
