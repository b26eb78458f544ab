/* A program of a user's: finds the header and the library through pkg-config or CMake. */
#include <castalia.h>
#include <stdio.h>

int main(void) {
  printf("%s %d\n", castalia_version(), (int)castalia_abi_version());
  return castalia_abi_version() == CASTALIA_ABI_VERSION ? 0 : 1;
}
