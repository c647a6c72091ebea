/** A fault that is seeded on purpose, as edits of the source text. */
export interface Mutation {
  readonly name: string;
  /** What is wrong then, in a sentence. */
  readonly what: string;
  readonly edits: readonly { readonly path: string; readonly from: string; readonly to: string }[];
}

function mutation(name: string, what: string, ...edits: Mutation['edits']): Mutation {
  return { name, what, edits };
}

function edit(path: string, from: string, to: string): Mutation['edits'][number] {
  return { path: `packages/engine/${path}`, from, to };
}

/** Faults that the simulator has to find. Where the text that one changes has changed, it has to be written anew here. */
export const mutations: readonly Mutation[] = [
  mutation(
    'acknowledged-before-flush',
    'Acknowledgements do not wait for their batch.',
    edit(
      'connection/output.ts',
      'if (this.#held === null && batch <= this.#owner.world.durableBatch)',
      'if (this.#held === null)',
    ),
  ),
  mutation(
    'durable-one-batch-early',
    'The engine takes the next batch for durable too.',
    edit('engine.ts', 'this.#world.durableBatch = batch;', 'this.#world.durableBatch = batch + 1;'),
  ),
  mutation(
    'acknowledgement-overtakes',
    'An acknowledgement that need not wait overtakes one that has to.',
    edit(
      'connection/output.ts',
      'if (this.#held === null && batch <= this.#owner.world.durableBatch)',
      'if (batch <= this.#owner.world.durableBatch)',
    ),
  ),
  mutation(
    'identifier-reused',
    'A Packet Identifier is given out while it is in flight.',
    edit('session/outbound.ts', 'let identifier = this.#lastIdentifier;', 'let identifier = this.#lastIdentifier % 3;'),
    edit('session/outbound.ts', 'while (this.inFlight.has(identifier));', 'while (identifier === 0);'),
  ),
  mutation(
    'qos2-publish-before-flush',
    'A QoS 2 PUBLISH to a session that lasts does not wait until its identifier is durable.',
    edit(
      'session/deliver.ts',
      'const waits = item.qos === 2 && session.persistent && context.store.waits;',
      'const waits = false as boolean;',
    ),
  ),
  mutation(
    'pubrel-lost',
    'After a reconnect, PUBREL is not sent again.',
    edit(
      'session/deliver.ts',
      "if (item.state === 'released') sendRelease(context, session, link, item.packetIdentifier, ReasonCode.success);",
      "if (item.state === 'released') continue;",
    ),
  ),
  mutation(
    'qos2-duplicate-delivered',
    'A QoS 2 PUBLISH that comes again is delivered again.',
    edit(
      'connection/publish.ts',
      'if (session.received.has(packetIdentifier)) {',
      'if (session.received.has(packetIdentifier) && !connection.world.publish.dup) {',
    ),
  ),
  mutation(
    'qos2-receipt-not-stored',
    'The receipt of a QoS 2 message is in memory only.',
    edit(
      'connection/publish.ts',
      'if (session.persistent) broker.context.store.putReceived(session, packetIdentifier);',
      '',
    ),
  ),
  mutation(
    'acknowledged-message-kept',
    'What a client has acknowledged stays in the journal.',
    edit(
      'session/deliver.ts',
      'if (session.persistent) context.store.deleteMessage(session, item);\n  letGo(item.message);',
      'letGo(item.message);',
    ),
  ),
  mutation(
    'message-let-go-too-early',
    'A message that several sessions wait for is given back with the first of them.',
    edit('message.ts', 'if (message.holders > 0 || !message.kept) return;', 'if (!message.kept) return;'),
  ),
  mutation(
    'retained-message-not-held',
    'What is retained is given back when the last session has got it.',
    edit('broker.ts', 'keep(message).holders++;', 'keep(message);'),
  ),
  mutation(
    'let-go-before-moving',
    'A message of a shared subscription is given back before another member gets it.',
    edit(
      'lifecycle.ts',
      'const moves = item.sharedFilter !== null',
      'letGo(item.message);\n    const moves = item.sharedFilter !== null',
    ),
  ),
  mutation(
    'let-go-when-received',
    'A QoS 2 message is given back with PUBREC, and once more with PUBCOMP.',
    edit('session/deliver.ts', 'outbound.release(item);', 'outbound.release(item);\n  letGo(item.message);'),
  ),
  mutation(
    'dup-not-set',
    'What is sent again does not say so.',
    edit(
      'session/deliver.ts',
      'transmit(context, session, link, again, true, now);',
      'transmit(context, session, link, again, false, now);',
    ),
  ),
  mutation(
    'order-lost-in-restart',
    'After a restart, queued messages come in the wrong order.',
    edit('restore.ts', '.toSorted((a, b) => a - b)', '.toSorted((a, b) => b - a)'),
  ),
  mutation(
    'qos1-overtakes',
    'A message that need not wait overtakes one of its own kind that waits behind an acknowledgement.',
    edit('connection/output.ts', 'else if (this.#opening || this.#heldInTurn > 0)', 'else if (this.#opening)'),
  ),
  mutation(
    'receive-maximum-ignored',
    'More is in flight than the client allows.',
    edit('session/deliver.ts', 'return outbound.outstanding < link.receiveMaximum &&', 'return'),
  ),
  mutation(
    'delayed-will-forgotten',
    'A will with a delay is never published.',
    edit('lifecycle.ts', 'else scheduleWill(broker, session, now + delay * 1000);', ''),
  ),
  mutation(
    'will-published-after-goodbye',
    'DISCONNECT does not take the will with it.',
    edit('lifecycle.ts', 'if (!keepWill) session.will = null;', ''),
  ),
  mutation(
    'will-lost-in-restart',
    'Wills of clients that were connected are not published after a restart.',
    edit('restore.ts', 'session.will = record.will;\n  broker.sessions', 'broker.sessions'),
  ),
  mutation(
    'retained-delete-lost',
    'Clearing a retained message is in memory only.',
    edit(
      'broker.ts',
      'if (this.retained.delete(topic)) context.store.deleteRetained(topic);',
      'if (this.retained.delete(topic)) context.store.mark();',
    ),
  ),
  mutation(
    'shared-group-delivers-twice',
    'A shared subscription gives a message to two members.',
    edit(
      'broker.ts',
      'for (const group of shared) this.#deliverShared(group, message, now);',
      'for (const group of [...shared, ...shared]) this.#deliverShared(group, message, now);',
    ),
  ),
  mutation(
    'subscription-not-restored',
    'After a restart, nothing is routed to restored subscriptions.',
    edit('restore.ts', 'broker.routes.subscribe(session, topicFilter, options);', ''),
  ),
  mutation(
    'expiry-anew-after-restart',
    'With each restart the session expiry begins anew.',
    edit('restore.ts', 'const since = record.awaySince ?? stoppedAt;', 'const since = now;'),
  ),
  mutation(
    'deployments-share-routes',
    'Subscriptions of one deployment get messages of another.',
    edit('broker.ts', 'readonly routes = new Routes<Session>();', 'readonly routes = everybodysRoutes;'),
    edit(
      'broker.ts',
      '/**\n * One deployment:',
      'const everybodysRoutes = new Routes<Session>();\n\n/**\n * One deployment:',
    ),
  ),
  mutation(
    'drop-unsaid',
    'A message that is dropped from a full queue is counted, but no event says so.',
    edit('session/queue.ts', 'context.dropped(session, fault, item.message.topic, now);', ''),
  ),
  mutation(
    'expired-message-sent',
    'A message is delivered although it has expired in the queue.',
    edit('session/deliver.ts', 'if (expired(item.message, now)) dropped', 'if (expired(item.message, 0)) dropped'),
  ),
  mutation(
    'subscriptions-left-behind',
    'The subscriptions of a session that has ended stay in the routes.',
    edit(
      'lifecycle.ts',
      'broker.routes.unsubscribeAll(session, session.subscriptions.keys());\n  publishWill',
      'publishWill',
    ),
  ),
  mutation(
    'connack-before-flush',
    'CONNACK does not wait until the session that it promises is durable.',
    edit(
      'connection/output.ts',
      'this.#opening = batch > this.#owner.world.durableBatch;',
      'this.#opening = false as boolean;',
    ),
  ),
  mutation(
    'suback-before-flush',
    'SUBACK and UNSUBACK do not wait for their batch.',
    edit(
      'connection/connection.ts',
      'this.#output.writeDurable(batch, bytes);\n    return true;',
      'this.#output.writeDurable(0, bytes);\n    return true;',
    ),
  ),
  mutation(
    'released-state-lost',
    'After a restart, a QoS 2 message that was received is sent anew.',
    edit('restore.ts', 'item.state = flight.state;', "item.state = 'sent';"),
  ),
  mutation(
    'retained-not-stored',
    'Retained messages are in memory only.',
    edit('broker.ts', 'context.store.putRetained(message);', ''),
  ),
  mutation(
    'identifiers-lost-in-restart',
    'After a restart, subscriptions have no Subscription Identifier.',
    edit(
      'session/records.ts',
      'subscriptionIdentifier: new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true),',
      'subscriptionIdentifier: 0,',
    ),
  ),
  mutation(
    'clean-start-keeps-session',
    'Clean Start resumes the session that is there.',
    edit(
      'lifecycle.ts',
      'if (session !== undefined && request.cleanStart) {',
      'if (session !== undefined && request.cleanStart && session.expiryInterval === 1) {',
    ),
  ),
  mutation(
    'take-over-keeps-both',
    'A connection that is taken over stays.',
    edit(
      'lifecycle.ts',
      "if (holder !== undefined && holder !== null) holder.close('session.taken-over', null, now);",
      '',
    ),
  ),
  mutation(
    'alias-given-twice',
    'Two topics get the same Topic Alias.',
    edit(
      'session/aliases.ts',
      'return this.#aliases.size < this.#maximum ? this.#aliases.size + 1 : 0;',
      'return this.#aliases.size < this.#maximum ? 1 : 0;',
    ),
  ),
  mutation(
    'revoked-subscription-stays',
    'A subscription that a rule forbids goes on.',
    edit('lifecycle.ts', 'broker.unsubscribe(session, topicFilter);\n', '\n'),
  ),
  mutation(
    'no-local-ignored',
    'A client gets its own messages in spite of No Local.',
    edit('routing/delivery.ts', 'this.toSelf = options.noLocal ? null : this;', 'this.toSelf = this;'),
  ),
  mutation(
    'queue-unbounded',
    'The limit of queued messages is not kept.',
    edit('session/deliver.ts', 'boundQueue(context, session, now);\n}', '}'),
  ),
  mutation(
    'message-expiry-lost-in-restart',
    'After a restart, queued messages do not expire.',
    edit(
      'session/records.ts',
      'storedMessage(publish, fields.m[0], fields.m[2] === 1, fields.x);',
      'storedMessage(publish, fields.m[0], fields.m[2] === 1, null);',
    ),
  ),
  mutation(
    'retained-rest-lost',
    'Retained messages that had not gone out when a client left do not come later.',
    edit('lifecycle.ts', 'keepBacklog(broker, session, now);\n  if (endsAt', 'if (endsAt'),
  ),
  mutation(
    'replaced-retained-sent',
    'A retained message that was replaced while it waited is sent after the new one.',
    edit('session/deliver.ts', 'if (pending !== null && !entry.isRetained(pending)) continue;', ''),
  ),
  mutation(
    'later-retained-sent',
    'A retained message that came after the subscription, and was delivered as it came, is sent as retained too.',
    edit('session/deliver.ts', 'if (qos > 0 && entry.isLater(message)) continue;', ''),
  ),
  mutation(
    'queue-not-stored',
    'Messages for a session that is away are in memory only.',
    edit(
      'session/deliver.ts',
      'if (session.persistent) context.store.putMessage(session, item);',
      'if (session.persistent && link !== null) context.store.putMessage(session, item);',
    ),
  ),
];
