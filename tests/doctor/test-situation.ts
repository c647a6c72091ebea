import type { World } from '../../apps/cli/doctor/world.ts';
import { thisWorld } from '../../apps/cli/doctor/world.ts';
import type { FaultName, Text } from '../../packages/faults/mod.ts';
import { password } from './test-environment.ts';

/** Something that goes wrong, how it is made, and what the doctor has to call it. */
export interface Situation {
  readonly title: Text;
  /** How it is made, and what of it is not real. */
  readonly made: Text;
  /** Behind `berth doctor`. */
  readonly args: readonly string[];
  /** What of the network or the clock is not that of this machine. */
  readonly world?: Partial<World>;
  /** The first failure, or the warning where nothing fails. */
  readonly step: string;
  readonly fault: FaultName;
  readonly status: 'failed' | 'warning';
  readonly exitCode: number;
}

/** Addresses as a machine without IPv6 has them, so that every machine sees the same. */
export const oneLoopback: Partial<World> = {
  resolve: async (host) => (await thisWorld.resolve(host)).filter(({ address }) => address !== '::1'),
};

/** What every device logs in with. */
export const login = ['-u', 'device', '-P', password];
