import type { Case } from './suite.ts';
import { echoVerdict, passes, serviceVerdict } from './verdict.ts';

const sections: Readonly<Record<string, string>> = {
  1: 'Framing',
  2: 'Pings and pongs',
  3: 'Reserved bits',
  4: 'Opcodes',
  5: 'Fragmentation',
  6: 'UTF-8',
  7: 'Closing handshake',
  9: 'Large messages',
  10: 'Automatic fragmentation',
};

const introduction = `# WebSocket: RFC 6455, case by case

Written by \`tests/websocket/main.ts\` from a run; do not edit. The cases are those of the Autobahn test suite, run by
kosoku 0.1.0, a package of PyPI, as a client.

Each case is run twice. The **layer** column is an echo server on the WebSocket layer of the edge (\`testkit/websocket-echo.ts\`),
which is what the suite expects to talk to; it shows text messages to the layer as binary ones and sends them back as text.
The **service** column is the running service, over TLS with SNI, path \`/mqtt\` and subprotocol \`mqtt\`, where messages are MQTT
or nothing.

| outcome | meaning |
|---|---|
| conforms | as RFC 6455 and the suite want it |
| text refused | the case sends a text message: closed with 1003, because MQTT is binary [MQTT-6.0.0-1] |
| not MQTT | the case sends a binary message that is no MQTT: closed with 1000; where it is empty, the service waits for more |
| text not judged | the case wants text that is not UTF-8 to be refused; the echo server shows the layer no text |
| not run | large messages of the echo server only |

Section 8 of the suite is empty, 12 and 13 are about compression (RFC 7692), which is not offered.
`;

/** The reference page of a run. */
export function render(cases: readonly Case[]): string {
  const counts = `${cases.length} cases, ${cases.filter(passes).length} as they should be.`;
  const groups = new Map<string, Case[]>();
  for (const one of cases) {
    const section = one.id.split('.', 1)[0] ?? '';
    groups.set(section, [...(groups.get(section) ?? []), one]);
  }
  const tables = [...groups].map(([section, members]) =>
    [
      `## ${section} ${sections[section] ?? ''}`,
      '',
      '| case | layer | service |',
      '|---|---|---|',
      ...members.map((one) => `| ${one.id} | ${echoVerdict(one)} | ${serviceVerdict(one)} |`),
      '',
    ].join('\n'),
  );
  return [introduction, `${counts}\n`, ...tables].join('\n');
}
