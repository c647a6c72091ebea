import { createHash } from 'node:crypto';
import { decideUpgrade } from '../../apps/server/edge/websocket/upgrade.ts';
import type { Random } from '../random.ts';
import { latin1 } from './chance.ts';
import { httpHead } from './http-heads.ts';
import type { Input, Step } from './input.ts';
import { must, type Target } from './target.ts';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The head of an upgrade request (RFC 6455 section 4.2). Whatever it is, there is one HTTP response: a right 101, or a
 * refusal of known headers and one sentence of ours, in which nothing of the request comes back.
 */
export const upgradeTarget: Target = {
  name: 'upgrade',

  generate: (random: Random): Step[] => [{ verb: 'h', bytes: latin1(httpHead(random)) }],

  run(input: Input): string[] {
    return input.map(({ bytes }) => judge(Buffer.from(bytes).toString('latin1')));
  },
};

const responseLine =
  /^(HTTP\/1\.1 (101|400|404|426|431) [A-Za-z ]+|(Upgrade|Connection|Content-Type|Content-Length|Sec-WebSocket-(Accept|Protocol|Version)): [A-Za-z0-9+/=,.;\- ]+)$/;

function judge(head: string): string {
  const outcome = decideUpgrade(head);
  const end = outcome.response.indexOf('\r\n\r\n');
  must(end > 0, 'a response without an end of its head');
  const lines = outcome.response.slice(0, end).split('\r\n');
  for (const line of lines) must(responseLine.test(line), 'a response line that is not one of ours');
  const body = outcome.response.slice(end + 4);
  if (outcome.kind === 'refused') {
    must(lines.includes(`Content-Length: ${body.length}`), 'a wrong Content-Length');
    must(body === `${outcome.detail}\n`, 'a body that is not the detail');
    return `${lines[0]} ${outcome.fault} ${outcome.detail} ${outcome.host === null}`;
  }
  const key = /\r\nsec-websocket-key:[ \t]*([^\r\n]*?)[ \t]*(\r\n|$)/i.exec(head)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
  must(Buffer.from(key, 'base64').length === 16, 'a key that is not 16 bytes was accepted');
  must(lines[0]?.includes('101') === true && body === '', 'an accepted request that is not answered with 101');
  must(lines.includes(`Sec-WebSocket-Accept: ${accept}`), 'a wrong Sec-WebSocket-Accept');
  must(/^GET \/mqtt\/?(\?| )/.test(head), 'a request for something else was accepted');
  for (const part of [/upgrade:.*websocket/i, /connection:.*upgrade/i, /version:[ \t]*13/i, /protocol:.*mqtt/i])
    must(part.test(head), 'a request that lacks something was accepted');
  must(outcome.host !== null && outcome.host === outcome.host.toLowerCase(), 'a Host that is not in lower case');
  return `${lines.at(-1)} ${outcome.host.includes(':')}`;
}
