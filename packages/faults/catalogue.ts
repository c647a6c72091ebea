import { accessFaults } from './access.ts';
import { addressFaults } from './address.ts';
import { bannedFaults } from './banned.ts';
import { closedFaults } from './closed.ts';
import { connectionFaults } from './connection.ts';
import { credentialsFaults } from './credentials.ts';
import { deploymentFaults } from './deployment.ts';
import { doctorFaults } from './doctor.ts';
import type { FaultEntry } from './entry.ts';
import { limitConnectFaults } from './limit-connect.ts';
import { limitMessageFaults } from './limit-message.ts';
import { limitServiceFaults } from './limit-service.ts';
import { faultNumbers } from './names.ts';
import type { FaultName } from './names.ts';
import { portFaults } from './port.ts';
import { protocolFaults } from './protocol.ts';
import { serverFaults } from './server.ts';
import { sniFaults } from './sni.ts';
import { tlsFaults } from './tls.ts';
import type { Fault } from './types.ts';
import { websocketFaults } from './websocket.ts';

/** The compiler fails here when a name of names.ts has no entry. */
const entries: Record<FaultName, FaultEntry> = {
  ...closedFaults,
  ...addressFaults,
  ...portFaults,
  ...websocketFaults,
  ...tlsFaults,
  ...credentialsFaults,
  ...sniFaults,
  ...deploymentFaults,
  ...limitConnectFaults,
  ...bannedFaults,
  ...protocolFaults,
  ...accessFaults,
  ...limitMessageFaults,
  ...limitServiceFaults,
  ...connectionFaults,
  ...doctorFaults,
  ...serverFaults,
};

function complete(name: FaultName): Fault {
  const { reason, ...entry } = entries[name];
  const number = faultNumbers[name];
  return { name, number, ...entry, reasonString: reason === null ? null : `error ${number}: ${reason}` };
}

/** Every fault by its name, in the order of names.ts. */
export const faults = Object.fromEntries(
  (Object.keys(faultNumbers) as FaultName[]).map((name) => [name, complete(name)]),
) as unknown as Readonly<Record<FaultName, Fault>>;
