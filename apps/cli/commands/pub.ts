import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { IClientPublishOptions } from 'mqtt';
import type { QoS } from '../../../packages/codec/types.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodesHelp, usageError } from '../exit.ts';
import { addConnectionOptions, readConnection, requireV5, type ConnectionFlags } from '../mqtt/connection-options.ts';
import { collectUserProperty, parseQos, parseSeconds, wholeNumber, type UserProperties } from '../mqtt/parse-values.ts';
import { Session } from '../mqtt/session.ts';
import { parseTopicName } from '../mqtt/topics.ts';

/** The options of `pub`, as commander gives them. */
interface PubFlags extends ConnectionFlags {
  topic?: string;
  message?: string;
  file?: string;
  empty?: boolean;
  stdin?: boolean;
  stdinLines?: boolean;
  qos: QoS;
  retain?: boolean;
  userProperty?: UserProperties;
  contentType?: string;
  responseTopic?: string;
  correlationData?: string;
  messageExpiry?: number;
  topicAlias?: number;
  payloadFormat?: 'bytes' | 'utf8';
}

/** Lines of --stdin-lines that may wait for their acknowledgement at once. */
const inFlightMax = 32;

/** Adds `berth pub`. */
export function addPub(program: Command, context: Context): void {
  const command = program.command('pub').description('publish a message');
  addConnectionOptions(command)
    .optionsGroup('Message:')
    .option('-t, --topic <topic>', 'topic')
    .option('-m, --message <text>', 'the message')
    .option('-f, --file <file>', 'the message is the content of a file')
    .option('-s, --stdin', 'the message is all of standard input')
    .option('-l, --stdin-lines', 'each line of standard input is a message')
    .option('-n, --empty', 'an empty message (with -r it removes the retained one)')
    .option('-q, --qos <qos>', 'quality of service 0, 1 or 2', parseQos, 0)
    .option('-r, --retain', 'keep the message as the retained one of its topic')
    .optionsGroup('MQTT 5.0 properties:')
    .option('--user-property <name=value>', 'user property (repeatable)', collectUserProperty)
    .option('--content-type <type>', 'content type')
    .option('--response-topic <topic>', 'response topic')
    .option('--correlation-data <text>', 'correlation data')
    .option('--message-expiry <seconds>', 'message expiry interval', parseSeconds)
    .option('--topic-alias <number>', 'topic alias', wholeNumber(1, 65_535))
    .addOption(new Option('--payload-format <format>', 'payload format indicator').choices(['bytes', 'utf8']))
    .addHelpText('after', `\n${examples(context.command)}\n\n${exitCodesHelp}`)
    .action((flags: PubFlags) => publish(flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} pub -u device -P PASSWORD -t test/hello -m 'hello'
  ${berth} pub -u device -P PASSWORD -t test/state -q 1 -r -f state.json --content-type application/json
  sensors | ${berth} pub --url wss://localhost:8084/mqtt -u device --password-file secret -t test/lines -l -q 1`;
}

async function publish(flags: PubFlags, context: Context): Promise<void> {
  // Not left to commander: it would complain of this before an option that is misspelt.
  if (flags.topic === undefined) throw usageError('There is no topic: give --topic TOPIC.');
  const topic = parseTopicName(flags.topic);
  const options = publishOptionsOf(flags);
  const settings = readConnection(flags, context);
  const messages = readMessages(flags, context);
  const session = await Session.open(settings);
  const stop = context.onInterrupt(() => void session.close());
  try {
    await publishAll(messages, session, (payload) => session.publish(topic, payload, options));
  } finally {
    stop();
    await session.close();
  }
}

/** Publishes in order with a bounded number on their way. The first failure ends it, also while standard input is silent. */
async function publishAll(
  messages: AsyncIterable<Buffer>,
  session: Session,
  publishOne: (payload: Buffer) => Promise<void>,
): Promise<void> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});
  void session.ended.then((failure) => fail(failure ?? new CliError('Interrupted.')));
  const onTheWay = new Set<Promise<void>>();
  const iterator = messages[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), failed]);
    if (next.done === true) break;
    const work: Promise<void> = publishOne(next.value).then(() => void onTheWay.delete(work), fail);
    onTheWay.add(work);
    if (onTheWay.size >= inFlightMax) await Promise.race([...onTheWay, failed]);
  }
  await Promise.race([Promise.all(onTheWay), failed]);
}

function publishOptionsOf(flags: PubFlags): IClientPublishOptions {
  const properties = {
    ...(flags.userProperty === undefined ? {} : { userProperties: flags.userProperty }),
    ...(flags.contentType === undefined ? {} : { contentType: flags.contentType }),
    ...(flags.responseTopic === undefined ? {} : { responseTopic: parseTopicName(flags.responseTopic) }),
    ...(flags.correlationData === undefined ? {} : { correlationData: Buffer.from(flags.correlationData) }),
    ...(flags.messageExpiry === undefined ? {} : { messageExpiryInterval: flags.messageExpiry }),
    ...(flags.topicAlias === undefined ? {} : { topicAlias: flags.topicAlias }),
    ...(flags.payloadFormat === undefined ? {} : { payloadFormatIndicator: flags.payloadFormat === 'utf8' }),
  };
  requireV5(flags.protocolVersion, {
    '--user-property': flags.userProperty,
    '--content-type': flags.contentType,
    '--response-topic': flags.responseTopic,
    '--correlation-data': flags.correlationData,
    '--message-expiry': flags.messageExpiry,
    '--topic-alias': flags.topicAlias,
    '--payload-format': flags.payloadFormat,
  });
  return {
    qos: flags.qos,
    retain: flags.retain ?? false,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}

/** @throws CliError unless exactly one source was given. */
function readMessages(flags: PubFlags, context: Context): AsyncIterable<Buffer> {
  const sources = [flags.message, flags.file, flags.stdin, flags.stdinLines, flags.empty].filter(
    (source) => source !== undefined,
  );
  if (sources.length !== 1) {
    throw usageError(
      `${sources.length === 0 ? 'Nothing to publish' : 'More than one message'}: give one of --message, --file, --stdin, --stdin-lines, --empty.`,
    );
  }
  if (flags.stdinLines) return linesOf(context.input);
  if (flags.stdin) return wholeOf(context.input);
  return once(flags.file === undefined ? Buffer.from(flags.message ?? '') : readPayload(flags.file));
}

function readPayload(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(`--file: cannot read ${path} (${error instanceof Error ? error.message : String(error)}).`, 2, {
      cause: error,
    });
  }
}

async function* once(payload: Buffer): AsyncGenerator<Buffer> {
  yield payload;
}

async function* wholeOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(chunk);
  yield Buffer.concat(chunks);
}

/** Lines without their end; a last line without one counts too. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of input) {
    let buffer = Buffer.concat([rest, chunk]);
    for (let end = buffer.indexOf(0x0a); end !== -1; end = buffer.indexOf(0x0a)) {
      yield withoutReturn(buffer.subarray(0, end));
      buffer = buffer.subarray(end + 1);
    }
    rest = buffer;
  }
  if (rest.length > 0) yield Buffer.from(rest);
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
