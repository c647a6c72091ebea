/** Microseconds of a clock that all threads of this process share. It does not jump: its origin is read once a thread. */
export function nowUs(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}
