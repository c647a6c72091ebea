import { Option, type Command } from 'commander';
import type { IClientSubscribeOptions, IPublishPacket } from 'mqtt';
import type { QoS } from '../../../packages/codec/types.ts';
import type { Context } from '../context.ts';
import { CliError, exitCodes, exitCodesHelp, usageError } from '../exit.ts';
import { addConnectionOptions, readConnection, requireV5, type ConnectionFlags } from '../mqtt/connection-options.ts';
import { messageToJson } from '../mqtt/message-json.ts';
import { collect, collectUserProperty, parseQos, wholeNumber, type UserProperties } from '../mqtt/parse-values.ts';
import { Session } from '../mqtt/session.ts';
import { parseTopicFilter } from '../mqtt/topics.ts';

/** The options of `sub`, as commander gives them. */
interface SubFlags extends ConnectionFlags {
  topic?: readonly string[];
  qos: QoS;
  count?: number;
  timeout?: number;
  verbose?: boolean;
  json?: boolean;
  retained: boolean;
  userProperty?: UserProperties;
  subscriptionIdentifier?: number;
  local: boolean;
  retainAsPublished?: boolean;
  retainHandling?: '0' | '1' | '2';
}

/** Adds `berth sub`. */
export function addSub(program: Command, context: Context): void {
  const command = program.command('sub').description('subscribe and print what comes');
  addConnectionOptions(command)
    .optionsGroup('Subscription:')
    .option('-t, --topic <filter>', 'topic filter (repeatable)', collect)
    .option('-q, --qos <qos>', 'highest quality of service 0, 1 or 2', parseQos, 0)
    .option('-C, --count <number>', 'end after so many messages', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('-W, --timeout <seconds>', 'end after this time', wholeNumber(1, 2_000_000))
    .option('-v, --verbose', 'print the topic before each message')
    .option('--json', 'print one line of JSON for each message')
    .option('-R, --no-retained', 'leave out retained messages')
    .optionsGroup('MQTT 5.0:')
    .option('--no-local', 'leave out messages of this client')
    .option('--retain-as-published', 'keep the retain flag of messages')
    .addOption(
      new Option('--retain-handling <mode>', 'retained messages: 0 always, 1 for a new subscription, 2 never').choices([
        '0',
        '1',
        '2',
      ]),
    )
    .option('--subscription-identifier <number>', 'subscription identifier', wholeNumber(1, 268_435_455))
    .option('--user-property <name=value>', 'user property of SUBSCRIBE (repeatable)', collectUserProperty)
    .addHelpText(
      'after',
      `\n${examples(context.command)}\n\n${exitCodesHelp}\n\nThe connection is not made again when it ends: the reason is printed.`,
    )
    .action((flags: SubFlags) => subscribe(flags, context));
}

function examples(berth: string): string {
  return `Examples:
  ${berth} sub -u device -P PASSWORD -t 'test/#' -v
  ${berth} sub -u device -P PASSWORD -t test/one -t test/two -q 1 -C 10 -W 60 --json
  ${berth} sub -u device -P PASSWORD -t 'jobs/#' -q 1 -i worker-1 --no-clean --session-expiry 3600`;
}

async function subscribe(flags: SubFlags, context: Context): Promise<void> {
  const filters = filtersOf(flags);
  const options = subscribeOptionsOf(flags);
  const settings = readConnection(flags, context);
  const { promise: enough, resolve: stop } = Promise.withResolvers<'count' | 'time' | 'interrupt'>();
  let received = 0;
  const session = await Session.open(settings, async (message) => {
    if (message.retain && !flags.retained) return;
    // Neither printed nor acknowledged: a persistent session delivers it again.
    if (flags.count !== undefined && received >= flags.count) return new Promise<void>(() => {});
    received += 1;
    await context.write(renderMessage(message, flags));
    if (received === flags.count) stop('count');
  });
  const timer = flags.timeout === undefined ? null : setTimeout(() => stop('time'), flags.timeout * 1000);
  const release = context.onInterrupt(() => stop('interrupt'));
  try {
    const subscribed = session.subscribe(filters, options).then(() => enough);
    const outcome = await Promise.race([subscribed, enough, session.ended]);
    if (outcome instanceof Error) throw outcome;
    if (outcome === 'time' && flags.count !== undefined) {
      throw new CliError(
        `${received} of ${flags.count} messages came in ${flags.timeout} seconds.`,
        exitCodes.timedOut,
      );
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
    release();
    await session.close();
  }
}

function filtersOf(flags: SubFlags): readonly string[] {
  // Not left to commander: it would complain of this before an option that is misspelt.
  if (flags.topic === undefined) throw usageError('There is no topic: give --topic FILTER, once or several times.');
  return [...new Set(flags.topic.map(parseTopicFilter))];
}

function subscribeOptionsOf(flags: SubFlags): IClientSubscribeOptions {
  requireV5(flags.protocolVersion, {
    '--no-local': !flags.local,
    '--retain-as-published': flags.retainAsPublished,
    '--retain-handling': flags.retainHandling,
    '--subscription-identifier': flags.subscriptionIdentifier,
    '--user-property': flags.userProperty,
  });
  const { qos } = flags;
  if (flags.protocolVersion !== 5) return { qos };
  const properties = {
    ...(flags.subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier: flags.subscriptionIdentifier }),
    ...(flags.userProperty === undefined ? {} : { userProperties: flags.userProperty }),
  };
  return {
    qos,
    nl: !flags.local,
    rap: flags.retainAsPublished ?? false,
    // --no-retained is looked at on arrival too, for 3.x and for servers that do not heed this.
    rh: Number(flags.retainHandling ?? (flags.retained ? 0 : 2)),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}

function renderMessage(message: IPublishPacket, flags: SubFlags): Uint8Array | string {
  if (flags.json) return `${messageToJson(message, Date.now())}\n`;
  const head = flags.verbose ? `${message.topic} ` : '';
  return Buffer.concat([Buffer.from(head), Buffer.from(message.payload), Buffer.from('\n')]);
}
