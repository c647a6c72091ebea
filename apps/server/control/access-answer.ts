import type { AccessAnswer, AccessRule, TryAccess } from '../../../packages/api/mod.ts';

/** What was decided, before it is put into words. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule: AccessRule | null;
  /** What denies a part of a topic filter that may be subscribed to; null where nothing does. */
  readonly cutBy: { readonly rule: AccessRule | null } | null;
}

/** Whether the engine refuses a publish to the topic before any rule is asked. */
export function isServerTopic(topic: string): boolean {
  return topic.startsWith('$SYS/') || topic.startsWith('$share/');
}

/** Puts a decision into a sentence for the person who asks. */
export function explain(question: TryAccess, { allowed, rule, cutBy }: Verdict): AccessAnswer {
  const { clientId, username, action, topic } = question;
  const user = username == null ? 'without a user name' : `as user "${username}"`;
  const verb = action === 'publish' ? 'publish' : 'subscribe';
  const start = `Client "${clientId}" ${user} may${allowed ? '' : ' not'} ${verb} to "${topic}"`;
  if (action === 'publish' && isServerTopic(topic)) {
    const explanation = `${start}: topics that begin with $SYS/ or $share/ are the server's own.`;
    return { allowed: false, partly: false, rule: null, explanation };
  }
  if (cutBy !== null) {
    const explanation = `${start}, but gets a part of it only: ${whatDenies(cutBy.rule)}, and these topics are not delivered.`;
    return { allowed, partly: true, rule: cutBy.rule, explanation };
  }
  if (rule === null) {
    const reason = action === 'publish' ? 'no rule matches' : 'no rule decides otherwise';
    const explanation = `${start}: ${reason}, and the default is ${allowed ? 'allow' : 'deny'}.`;
    return { allowed, partly: false, rule, explanation };
  }
  const reason =
    action === 'publish'
      ? `${describe(rule)} is the first that matches`
      : `${describe(rule)} ${allowed ? 'allows' : 'denies'} it, and no rule before it decides otherwise`;
  return { allowed, partly: false, rule, explanation: `${start}: ${reason}.` };
}

function whatDenies(rule: AccessRule | null): string {
  return rule === null ? 'the default denies what no rule allows' : `${describe(rule)} denies topics that it matches`;
}

function describe(rule: AccessRule): string {
  const whom = {
    clientId: `client id "${rule.subject}"`,
    username: `user name "${rule.subject}"`,
    all: 'everybody',
  }[rule.kind];
  const action = rule.action === 'all' ? 'publish and subscribe' : rule.action;
  return `rule ${rule.id} (${rule.permission} ${action} "${rule.topicFilter}" for ${whom})`;
}
