# Lets CMake projects build against the ROS wheels of a virtual environment. Not needed, and
# not used, on a native ROS installation.
#
#   cmake ... -DCMAKE_PROJECT_INCLUDE=<this file>
#   colcon build --cmake-args -DCMAKE_PROJECT_INCLUDE=<this file, absolute>
#
# It repairs two things once the project's own CMakeLists.txt has been read:
# 1. The packages in the wheels export include folders of the machine that built them, and CMake
#    refuses an imported target whose include folder does not exist: those folders are dropped.
# 2. The generated Python library exports numpy's include folder. When the virtual environment
#    lies inside the source folder, CMake refuses to export it ("prefixed in the source
#    directory"): it is kept for this build and not exported.
function(_omd3d_repair_includes)
  get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  get_property(own DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS imported own)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT folders)
      continue()
    endif()
    set(kept "")
    foreach(folder IN LISTS folders)
      string(FIND "${folder}" "${CMAKE_SOURCE_DIR}/" position)
      if(target IN_LIST own AND position EQUAL 0)
        list(APPEND kept "$<BUILD_INTERFACE:${folder}>")
      elseif(folder MATCHES "^\\$<" OR EXISTS "${folder}" OR target IN_LIST own)
        list(APPEND kept "${folder}")
      endif()
    endforeach()
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${kept}")
  endforeach()
endfunction()
cmake_language(DEFER CALL _omd3d_repair_includes)
