import { dlopen, type FFIFunction } from 'bun:ffi';

/** The C library by its names: glibc, musl as distributions call it, and the plain name. */
const names = ['libc.so.6', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1', 'libc.so'];

/**
 * Functions of the C library that the runtime has no call for.
 * @returns null where they are not to be had: on another system than Linux, or in another C library.
 */
export function openLibc<Functions extends Record<string, FFIFunction>>(
  functions: Functions,
): ReturnType<typeof dlopen<Functions>>['symbols'] | null {
  if (process.platform !== 'linux') return null;
  for (const name of names) {
    try {
      return dlopen(name, functions).symbols;
    } catch {
      // Not this C library; the next one.
    }
  }
  return null;
}
