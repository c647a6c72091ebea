import { isIP } from 'node:net';
import { diagnose } from '../../diagnose.ts';
import type { Symptom } from '../../symptom.ts';
import { both, failed, ok, same, type Finding } from '../finding.ts';
import type { DoctorRequest } from '../request.ts';
import { wordsOf } from '../words.ts';
import type { Address, World } from '../world.ts';

/** What the name stands for. */
export interface Resolved {
  readonly finding: Finding;
  readonly addresses: readonly Address[];
  /** The name that the host is an alias of (CNAME); null where it is none. */
  readonly alias: string | null;
}

/** Step 1: the IP addresses behind the host. */
export async function resolveName({ connection }: DoctorRequest, world: World): Promise<Resolved> {
  const { host } = connection.target;
  try {
    const [addresses, alias] = await Promise.all([world.resolve(host), world.aliasOf(host)]);
    const list = addresses.map(({ address }) => address).join(', ');
    const seen = [isIP(host) === 0 ? same(`${host}: ${list}`) : both(`${host} is an IP address`, `${host} 是 IP 地址`)];
    if (alias !== null) seen.push(both(`It is an alias (CNAME) of ${alias}.`, `它是 ${alias} 的别名（CNAME）。`));
    return { finding: ok('resolve', seen, { addresses, alias }), addresses, alias };
  } catch (error) {
    const { code = 'unknown', message } = error as Error & { code?: string };
    const sent = { tls: false, serverName: false };
    const symptom: Symptom = { kind: 'system', code, stage: 'tcp', message, sent };
    const name = diagnose(symptom) ?? 'address.unresolvable';
    return {
      finding: failed('resolve', name, [wordsOf(symptom), ...hintFor(host)], { code }),
      addresses: [],
      alias: null,
    };
  }
}

function hintFor(host: string) {
  if (host.includes('.')) return [];
  return [both('The name has no dot: it is mostly not whole.', '该名称不含点，通常不完整。')];
}
