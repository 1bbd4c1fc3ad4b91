/**
 * One-line bugs as people make them. Each changes text that occurs exactly once in its file (a unit test looks), and each
 * must be found by the simulator: one that is not shows where it is blind.
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const at = (file: string, mutants: readonly (readonly [name: string, find: string, replace: string])[]): Mutant[] =>
  mutants.map(([name, find, replace]) => ({ name, file, find, replace }));

export const MUTANTS: readonly Mutant[] = [
  ...at('src/room/memory-snapshot-store.ts', [
    ['commit-not-fenced', "if (stored === null) return 'fenced';", "if (stored === null) return 'written';"],
    ['whole-commit-keeps-old-keys', '      stored.state.clear();\n', ''],
  ]),
  ...at('src/room/memory-log-store.ts', [
    ['append-not-fenced', "if (stored === null) return 'fenced';", "if (stored === null) return 'written';"],
  ]),
  ...at('src/cluster/memory-directory.ts', [
    ['claim-takes-from-the-living', '!isFree) {', 'false) {'],
    ['epoch-not-raised', 'stored.logTop.epoch) + stride, this.#wallMs());', 'stored.logTop.epoch), 0);'],
    ['copy-always-wins', 'copy > stored.from && copy < stored.known;', 'copy > 0 && copy < stored.known;'],
  ]),
  ...at('src/cluster/node-list.ts', [
    [
      'newcomer-takes-all-for-dead',
      "if (proof === 'presumed') return this.#buried.isProved(node) || isSteady;",
      "if (proof === 'presumed') return true;",
    ],
  ]),
  ...at('src/cluster/burials.ts', [
    ['buried-for-good', 'if (beat <= burial.beat) return true;', 'if (beat > 0) return true;'],
  ]),
  ...at('src/cluster/lease.ts', [['lease-outlives-the-heartbeat', 'const SHARE = 0.9;', 'const SHARE = 3;']]),
  ...at('src/room/tenure.ts', [['tenure-over-a-gap', 'this.#lease.term === this.#term && ', '']]),
  ...at('src/room/resolve.ts', [
    ['strict-room-taken-early', "'strict' ? 'certain' : 'presumed'", "'strict' ? 'presumed' : 'presumed'"],
  ]),
  ...at('src/room/feed.ts', [
    ['tenure-not-asked-at-the-flush', 'this.#held.length > 0 || !this.isTenured;', 'this.#held.length > 0;'],
  ]),
  ...at('src/cluster/membership.ts', [['end-of-a-node-not-told', '    this.#events.onDown(node, proof);\n', '']]),
  ...at('src/cluster/peers.ts', [['hole-not-told', 'if (counter > expected || isNewStream) {', 'if (isNewStream) {']]),
  ...at('src/room/ordered-commands.ts', [
    ['forgotten-dedup', 'if (cseq <= member.cseq) {', 'if (cseq < member.cseq) {'],
    ['gap-in-commands-taken', 'if (cseq > expected) return', 'if (cseq > expected + 1) return'],
  ]),
  ...at('src/room/history.ts', [
    ['resume-repeats-one', 'return this.#frames.after(after.seq);', 'return this.#frames.after(after.seq - 1);'],
    ['resume-beyond-what-is-kept', 'if (seq < this.#base || seq', 'if (seq'],
    ['resume-in-a-strange-epoch', 'return span !== undefined && seq >= span.start;', 'return true;'],
  ]),
  ...at('src/room/feed.ts', [
    ['told-before-the-log', 'if (isHeld) this.#hold(batch, note);', 'if (isHeld) this.#deliver(batch);'],
    [
      'ack-overtakes-its-event',
      'const { frame } = batch;\n    if (frame) {',
      'const { frame } = batch;\n    for (const answer of batch.answers.splice(0)) answer();\n    if (frame) {',
    ],
    [
      'edges-forgotten',
      '      for (const edge of this.edges.values()) edge.frame(this.epoch, batch.first, batch.last, frame);\n',
      '',
    ],
  ]),
  ...at('src/room/edge.ts', [
    ['edge-frame-not-counted', 'this.#at = { epoch, seq: last };', 'this.#at = { epoch, seq: at.seq };'],
    [
      'edge-repeats-frames',
      'if (!at || epoch < at.epoch || (epoch === at.epoch && last <= at.seq)) return;',
      'if (!at || epoch < at.epoch) return;',
    ],
  ]),
  ...at('src/room/owner.ts', [
    ['older-connection-attached', 'if (session.generation < member.generation) {', 'if (session.generation < 0) {'],
    ['grace-not-cleared', 'if (member.here) continue;', 'if (member.here && member.graceEndsAt === 0) continue;'],
    ['away-not-told', 'if (this.type.presence) this.outbox.status(member, STATUS.away);', ''],
  ]),
  ...at('src/room/snapshot.ts', [
    ['marks-lost-on-failure', '      for (const key of keys) state.dirty.add(key);\n', ''],
    ['log-not-replayed', 'for (const event of frame.events) replay(event, state, roster);', ''],
    ['numbers-used-again', 'if (!clean) roster.nextNumber +=', 'if (clean) roster.nextNumber +='],
    ['note-not-read', 'for (const [member, cseq] of note.done) done(roster, member, cseq);', ''],
  ]),
  ...at('src/room/attach.ts', [
    ['members-of-a-dead-edge-stay', 'for (const link of edge.links.values()) owner.away(link);', ''],
    ['lost-membership-not-told', "  link.left(encodeError('not-joined', refusal.text, { room: owner.room }));\n", ''],
  ]),
  ...at('src/room/local-seat.ts', [
    ['topic-of-the-old-epoch', 'if (this.topic === topic) return;', 'if (this.topic !== null) return;'],
  ]),
  ...at('src/room/flusher.ts', [
    [
      'failed-append-taken-for-written',
      'await this.#pause();\n        continue;',
      "results = group.map(() => 'written' as const);",
    ],
  ]),
  ...at('src/gateway/delivery.ts', [
    ['lag-flag-not-set', '    this.#lagging = true;\n', ''],
    [
      'position-not-sent',
      'if (position !== null) this.send',
      'if (position === null) return;\n      if (position.seq < 0) this.send',
    ],
  ]),
  ...at('src/gateway/connections.ts', [['older-connection-kept', '    current?.replaced();\n', '']]),
  ...at('src/node/resumed-sessions.ts', [
    ['resumed-elsewhere-not-told', 'for (const node of others) this.#post', 'for (const node of []) this.#post'],
    ['sessions-not-told-after-a-loss', 'this.#timer ??= this.#clock.every(PART_MS, () => this.#tell());', ''],
  ]),
  ...at('src/session/memory-session-store.ts', [
    ['generation-not-raised', 'tokenGeneration) + 1;', 'tokenGeneration);'],
  ]),
  ...at('src/client/room-view.ts', [
    ['client-passes-over-a-hole', "    if (frame.first > next) return 'hole';\n", ''],
    [
      'client-blind-to-position',
      'return epoch > this.epoch || (epoch === this.epoch && seq > this.seq);',
      'return epoch > this.epoch;',
    ],
  ]),
  ...at('src/client/command-queue.ts', [
    [
      'client-forgets-to-renumber',
      'for (const item of this.#items) item.cseq = this.#nextCseq++;',
      'this.#nextCseq += this.#items.length;',
    ],
    ['client-ends-one-too-many', 'item.cseq > cseq || !item.sent', 'item.cseq > cseq + 1 || !item.sent'],
  ]),
];
