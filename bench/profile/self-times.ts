/** The parts of Chrome's CPU profile format that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** A function, and its share of the time that was not idle. */
export interface SelfTime {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

/** A sampler sleeps with its thread: what is longer than this between two samples was idle. */
const gapUs = 5000;
const idleNames = new Set(['(idle)', '(program)', '(root)']);

/**
 * Self time by function, most first. Samples of one function at several nodes of the call tree are joined.
 * @param root folder that is left out of the places.
 * @param fromMs time since the beginning before which nothing counts: the start of the process is no load.
 */
export function selfTimes(
  profile: CpuProfile,
  root: string,
  fromMs: number,
): { readonly functions: SelfTime[]; readonly busyMs: number; readonly idleShare: number } {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { name: string; place: string; us: number }>();
  let busyUs = 0;
  let idleUs = 0;
  let atUs = 0;
  for (const [at, sample] of profile.samples.entries()) {
    const frame = frames.get(sample);
    const deltaUs = profile.timeDeltas[at] ?? 0;
    atUs += deltaUs;
    if (atUs < fromMs * 1000) continue;
    if (frame === undefined || deltaUs > gapUs || idleNames.has(frame.functionName)) {
      idleUs += deltaUs;
      continue;
    }
    const place = placeOf(frame.url, frame.lineNumber, root);
    const key = `${frame.functionName} ${place}`;
    const entry = times.get(key) ?? { name: frame.functionName || '(anonymous)', place, us: 0 };
    entry.us += deltaUs;
    busyUs += deltaUs;
    times.set(key, entry);
  }
  const functions = [...times.values()]
    .toSorted((a, b) => b.us - a.us)
    .map(({ name, place, us }) => ({ name, place, share: us / busyUs }));
  return { functions, busyMs: busyUs / 1000, idleShare: idleUs / Math.max(1, idleUs + busyUs) };
}

function placeOf(url: string, line: number, root: string): string {
  if (url === '') return '(native)';
  const path = url.replace('file://', '').replace(`${root}/`, '');
  // Lines count from 0 in the format.
  return `${path}:${line + 1}`;
}
