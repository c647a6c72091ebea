const none: ReadonlySet<string> = new Set();

/**
 * Which deployments have used up their share of the journal's queue: those that have more in it than is still free. One that is
 * alone may fill half of it, two a third each, and so on; there is always room for one that has little, however much the
 * others write.
 * @param bytesOf what waits, by deployment; `bytes` is the sum, `bytesMax` what may wait at most.
 */
export function overShare(bytes: number, bytesOf: ReadonlyMap<string, number>, bytesMax: number): ReadonlySet<string> {
  const free = Math.max(0, bytesMax - bytes);
  if (bytes <= free) return none;
  const over = new Set<string>();
  for (const [deployment, size] of bytesOf) if (size > free) over.add(deployment);
  return over.size === 0 ? none : over;
}
