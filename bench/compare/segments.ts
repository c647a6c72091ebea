/** TCP segments that carried data on the connections of a port. */
export interface Segments {
  readonly toBroker: number;
  readonly fromBroker: number;
}

/**
 * Counts them from the connections that are open, as the kernel tells `ss`. A generator with TCP_NODELAY makes one segment of each write.
 * @returns null where `ss` is not installed.
 */
export function countSegments(port: number): Segments | null {
  if (Bun.which('ss') === null) return null;
  const { stdout } = Bun.spawnSync(['ss', '--tcp', '--info', '--numeric', '--no-header', 'sport', '=', `:${port}`]);
  return parseSegments(stdout.toString());
}

/** @param text what `ss --info` prints of the broker's ends. */
export function parseSegments(text: string): Segments {
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`\\b${name}:(\\d+)`, 'g'))].reduce((total, [, count]) => total + Number(count), 0);
  return { toBroker: sum('data_segs_in'), fromBroker: sum('data_segs_out') };
}
