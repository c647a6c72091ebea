import { Option, type Command } from 'commander';
import { helpLanguages, type HelpLanguage } from '../../../packages/faults/mod.ts';
import type { Context } from '../context.ts';
import { examine, type Listener } from '../doctor/examine.ts';
import { renderJson } from '../doctor/render-json.ts';
import { TextReport } from '../doctor/render-text.ts';
import type { DoctorRequest } from '../doctor/request.ts';
import { hideIn } from '../doctor/secrets.ts';
import { verdictOf } from '../doctor/verdict.ts';
import { CliError, usageError } from '../exit.ts';
import { readConnection, type ConnectionFlags } from '../mqtt/connection-options.ts';
import { wholeNumber } from '../mqtt/parse-values.ts';
import { parseTopicName } from '../mqtt/topics.ts';

/** The options of `doctor`, as commander gives them. */
interface DoctorFlags extends Pick<
  ConnectionFlags,
  'username' | 'password' | 'passwordFile' | 'ca' | 'data' | 'servername' | 'insecure' | 'id' | 'connectTimeout'
> {
  sni: boolean;
  subprotocol: string;
  topic?: string;
  messageBytes?: number;
  idle: number;
  for?: HelpLanguage;
  json?: boolean;
}

/** Adds `berth doctor`. */
export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor [address]')
    .description('examine a connection step by step and say what is wrong with it, for any MQTT server')
    .optionsGroup('Connection:')
    .option('-u, --username <name>', 'user name (or BERTH_USERNAME)')
    .option('-P, --password <password>', 'password (or BERTH_PASSWORD, which others on this machine do not see)')
    .option('--password-file <file>', 'file whose first line is the password')
    .option(
      '-i, --id <client-id>',
      'client identifier (default: a random one; that of a device takes its session over)',
    )
    .option('--subprotocol <name>', 'subprotocol of the WebSocket upgrade', 'mqtt')
    .option('--connect-timeout <seconds>', 'for each step of the connection', wholeNumber(1, 3600), 10)
    .optionsGroup('TLS:')
    .option('--ca <file>', 'trust this CA file only (default: the one of the data directory, and those of the system)')
    .option('--data <dir>', 'data directory whose ca.crt is trusted (or BERTH_DATA)')
    .option('--servername <name>', 'SNI and name of the certificate, where it is not the host')
    .option('--no-sni', 'send no SNI, as some devices do')
    .option('--insecure', 'accept any certificate, and send the password even so')
    .optionsGroup('Examination:')
    .option('-t, --topic <topic>', 'topic of the round trip (default: one that is made up)')
    .option('--message-bytes <bytes>', 'the largest message that the device sends', wholeNumber(1, 268_435_455))
    .option(
      '--idle <seconds>',
      'leave the connection idle for so long: finds what cuts idle connections',
      wholeNumber(0, 3600),
      0,
    )
    .optionsGroup('Output:')
    .addOption(
      new Option('--for <language>', 'show the lines to change in this language').choices(
        helpLanguages.map(({ name }) => name),
      ),
    )
    .option('--json', 'one JSON document for programs')
    .addHelpText('after', `\n${help(context.command)}`)
    .action((address: string | undefined, flags: DoctorFlags) => run(address, flags, context));
}

function help(berth: string): string {
  return `The address is a host name, or a URL: mqtts://HOST:8883, wss://HOST:8084/mqtt, mqtt://HOST:1883 or
ws://HOST:8083/mqtt (default: mqtts://localhost:8883).
Passwords never stand in the output: it can be pasted into a ticket. A password is not sent to a server that its
certificate does not prove.

Examples:
  ${berth} doctor mqtts://k3x9.mqtt.example.com:8883 -u device -P PASSWORD --ca ca.crt
  ${berth} doctor wss://k3x9.mqtt.example.com:8084/mqtt -u device --password-file secret --for node
  ${berth} doctor mqtts://k3x9.mqtt.example.com -u device --password-file secret --idle 120 --lang zh-CN

Exit codes:
  0       nothing failed; there may be warnings
  1       something failed that has no class
  2       wrong usage: an unknown option, a value that cannot be
  11-25   the first failure: 10 and its class. 11 address (error -1), 12 port or protocol, 13 TLS, 14 credentials,
          15 SNI, 16 deployment not running, 17 limit on connecting, 18 banned, 19 protocol, 20 not permitted,
          21 limit of a message, 22 taken over, 23 connection lost or cut, 24 kicked, 25 server`;
}

async function run(address: string | undefined, flags: DoctorFlags, context: Context): Promise<void> {
  const request = readRequest(address, flags, context);
  const { world, language, terminal } = context;
  const hide = hideIn(request.connection.password);
  const report = new TextReport(request, language, terminal);
  const write = (text: string): void => void context.write(text);
  const atMs = world.nowMs();
  const replace = terminal ? '\r\u001B[2K' : '';
  const listener: Listener = flags.json
    ? { began: () => undefined, found: () => undefined }
    : {
        began: (step) => (terminal ? write(`${replace}${report.progress(step)}`) : undefined),
        found: (finding) => write(`${replace}${report.finding(hide(finding))}`),
      };
  if (!flags.json) write(report.head(atMs));
  const findings = (await examine(request, world, listener)).map(hide);
  const verdict = verdictOf(findings);
  write(flags.json ? renderJson(request, atMs, findings, verdict, language) : `${replace}${report.foot(verdict)}`);
  if (verdict.exitCode !== 0) throw new CliError('', verdict.exitCode);
}

function readRequest(address: string | undefined, flags: DoctorFlags, context: Context): DoctorRequest {
  if (!flags.sni && flags.servername !== undefined) throw usageError('Give either --servername or --no-sni, not both.');
  const connection = readConnection(
    {
      ...flags,
      ...(address === undefined ? {} : { url: address }),
      protocolVersion: 5,
      clean: true,
      keepAlive: 60,
    },
    context,
  );
  return {
    connection,
    withoutSni: !flags.sni,
    subprotocol: flags.subprotocol,
    topic: flags.topic === undefined ? null : parseTopicName(flags.topic),
    messageBytes: flags.messageBytes ?? null,
    idleSeconds: flags.idle,
    language: flags.for ?? null,
  };
}
