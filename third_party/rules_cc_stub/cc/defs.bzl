"""The C++ rules built into Bazel 4.2.3, under the names that rules_cc gives them."""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
fdo_prefetch_hints = native.fdo_prefetch_hints
fdo_profile = native.fdo_profile
objc_import = native.objc_import
objc_library = native.objc_library

# Make-variable suppliers that nothing here reads; Bazel's own BUILD files only name them.
cc_flags_supplier = native.cc_library
compiler_flag = native.cc_library
