/** Plain ports of a dedicated deployment, from its stop to the next start. */
import { test } from 'bun:test';
import { freePort } from '../../testkit/free-port.ts';
import { connectPacket } from '../../testkit/packets.ts';
import { RawClient, type RawOptions } from '../../testkit/raw-client.ts';
import { Service } from '../../testkit/service.ts';

const accepted = '20 02 00 00';
const refused = '20 02 00 03';

test('a stopped deployment tells its devices so on its plain ports, and serves them there again when it is started', async () => {
  const [mqtt, ws] = [freePort(), freePort()];
  const ways: readonly RawOptions[] = [
    { transport: 'tcp', port: mqtt },
    { transport: 'ws', port: ws },
  ];
  await using service = await Service.start();
  const ports = ['--mqtt-port', String(mqtt), '--ws-port', String(ws)];
  await service.berthJson('deployment', 'create', 'plant', '--type', 'dedicated', ...ports);
  const { password } = await service.berthJson<{ password: string }>('credential', 'add', 'plant', 'meter');
  const answers = async (pattern: string): Promise<void> => {
    for (const way of ways) {
      await using client = await RawClient.connect(way);
      client.send(connectPacket({ version: 4, clientId: 'meter', username: 'meter', password }));
      await client.expect(pattern);
    }
  };
  await answers(accepted);
  await service.berthJson('deployment', 'stop', 'plant');
  await answers(refused);
  await service.berthJson('deployment', 'start', 'plant');
  await answers(accepted);

  // The next start of the service opens the ports of the stopped one too.
  await service.berthJson('deployment', 'stop', 'plant');
  await service.stop();
  await using again = await Service.start({ data: service.dataDirectory });
  await answers(refused);
  await again.berthJson('deployment', 'start', 'plant');
  await answers(accepted);
}, 60_000);
