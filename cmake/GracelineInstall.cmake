# Installs the shared library, its headers, and what find_package(graceline) and pkg-config read.
# Must not install tests, tools or examples: they are for this tree.
include(CMakePackageConfigHelpers)

set(GRACELINE_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/graceline)

install(TARGETS graceline EXPORT graceline-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/capi/include/graceline
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# Beside the header they make it the module CGraceline for clang and Swift.
install(FILES
    ${PROJECT_SOURCE_DIR}/bindings/swift/module.modulemap
    ${PROJECT_SOURCE_DIR}/bindings/swift/CGraceline.apinotes
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/graceline)
install(EXPORT graceline-targets NAMESPACE graceline:: DESTINATION ${GRACELINE_CONFIG_DIR})

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/graceline-config.cmake.in
    ${PROJECT_BINARY_DIR}/graceline-config.cmake
    INSTALL_DESTINATION ${GRACELINE_CONFIG_DIR}
    NO_SET_AND_CHECK_MACRO)
# Until 1.0 a minor version may change the API; the SONAME tells of the ABI.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/graceline-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/graceline-config.cmake
    ${PROJECT_BINARY_DIR}/graceline-config-version.cmake
    DESTINATION ${GRACELINE_CONFIG_DIR})

# The paths are relative to the file, so that an installed tree can be moved.
set(GRACELINE_PKGCONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH GRACELINE_PC_TO_PREFIX "/${GRACELINE_PKGCONFIG_DIR}" "/")
string(REGEX REPLACE "/$" "" GRACELINE_PC_TO_PREFIX "${GRACELINE_PC_TO_PREFIX}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/graceline.pc.in ${PROJECT_BINARY_DIR}/graceline.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/graceline.pc DESTINATION ${GRACELINE_PKGCONFIG_DIR})

foreach(document README.md LICENSE CHANGELOG.md)
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endforeach()
