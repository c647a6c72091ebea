import type { FaultName, Text } from '../../../../packages/faults/mod.ts';
import { diagnose } from '../../diagnose.ts';
import { isLoopbackName } from '../../mqtt/target.ts';
import { ConnectionError } from '../../symptom.ts';
import { dial } from '../dial.ts';
import { both, failed, ok, same, warning, type Finding } from '../finding.ts';
import type { DoctorRequest } from '../request.ts';
import { msOf, wordsOf } from '../words.ts';
import type { Address, World } from '../world.ts';

/** Which addresses answer on the port. */
export interface Reached {
  readonly finding: Finding;
  /** The first that answers; null where none does. */
  readonly address: string | null;
}

interface Attempt {
  readonly address: string;
  readonly milliseconds: number | null;
  readonly error: ConnectionError | null;
}

/** Ports where MQTT is mostly found, asked when the one that was given is closed. */
const usualPorts = [8883, 8084, 1883, 8083, 443];
const otherPortTimeoutMs = 1500;

/** Step 2: TCP to every address. */
export async function reachAddresses(
  request: DoctorRequest,
  world: World,
  addresses: readonly Address[],
): Promise<Reached> {
  const { target, connectTimeoutMs } = request.connection;
  const attempts = await Promise.all(
    addresses.map(({ address }) => attempt(world, address, target.port, connectTimeoutMs)),
  );
  const first = attempts.find(({ error }) => error === null);
  const failures = attempts.filter(({ error }) => error !== null);
  const seen = attempts.map((one) => lineOf(one, target.port));
  const details = {
    attempts: attempts.map(({ address, milliseconds, error }) => ({
      address,
      milliseconds: milliseconds === null ? null : Number(milliseconds.toFixed(2)),
      fault: error === null ? null : faultOf(error),
    })),
  };
  if (first === undefined) {
    const address = attempts[0]?.address ?? target.host;
    const others = await otherPorts(world, address, target.port);
    return {
      finding: failed('tcp', faultOf(failures[0]?.error ?? null), [...seen, ...others], details),
      address: null,
    };
  }
  // A service mostly listens on one of the two loopback addresses; clients try both.
  if (failures.length === 0 || isLoopbackName(target.host)) {
    return { finding: ok('tcp', seen, details), address: first.address };
  }
  if (failures.every(isWithoutIpv6)) {
    const remark = both('This machine has no IPv6: the other addresses do.', '本机没有 IPv6，但其他地址可用。');
    return { finding: ok('tcp', [...seen, remark], details), address: first.address };
  }
  const remark = both(
    'A device that takes the first address does not get through.',
    '只使用第一个地址的设备将无法连接。',
  );
  return {
    finding: warning('tcp', faultOf(failures[0]?.error ?? null), [...seen, remark], details),
    address: first.address,
  };
}

/** Whether an IPv6 address failed only because there is no IPv6 here: that says nothing about the server. */
function isWithoutIpv6({ address, error }: Attempt): boolean {
  if (!address.includes(':') || error?.symptom.kind !== 'system') return false;
  return ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.symptom.code);
}

async function attempt(world: World, address: string, port: number, timeoutMs: number): Promise<Attempt> {
  try {
    const { socket, milliseconds } = await dial(world, address, port, timeoutMs);
    socket.destroy();
    return { address, milliseconds, error: null };
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return { address, milliseconds: null, error };
  }
}

function faultOf(error: ConnectionError | null): FaultName {
  return (error === null ? null : diagnose(error.symptom)) ?? 'address.unreachable';
}

function lineOf({ address, milliseconds, error }: Attempt, port: number): Text {
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  if (error !== null) {
    // The code says it all; the message would repeat the address.
    const { en, zh } = error.symptom.kind === 'system' ? same(error.symptom.code) : wordsOf(error.symptom);
    return { en: `${where}: ${en}`, zh: `${where}：${zh}` };
  }
  return both(`${where}: connected in ${msOf(milliseconds ?? 0)}`, `${where}：${msOf(milliseconds ?? 0)} 建立连接`);
}

/** Whether another port of the same host answers: then the host is right and the port is not. */
async function otherPorts(world: World, address: string, port: number): Promise<Text[]> {
  const candidates = usualPorts.filter((candidate) => candidate !== port);
  const attempts = await Promise.all(
    candidates.map(async (candidate) => ({
      candidate,
      error: (await attempt(world, address, candidate, otherPortTimeoutMs)).error,
    })),
  );
  const open = attempts.filter(({ error }) => error === null).map(({ candidate }) => candidate);
  if (open.length === 0) return [];
  return [both(`The same address answers on ${open.join(', ')}.`, `同一地址的以下端口可以连接：${open.join('、')}。`)];
}
