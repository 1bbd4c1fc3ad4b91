/** A cluster with its clients in one process on one virtual clock: everything wired, nothing decided. */

import type { WireHandlers } from '../../src/client/ports.ts';
import { MemoryMailboxHub } from '../../src/cluster/memory-mailbox.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { memoryPorts } from '../../src/node/store-ports.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { Commands } from './check/commands.ts';
import { OneMembership } from './check/membership.ts';
import { OneHistory } from './check/one-history.ts';
import { Dice } from './dice.ts';
import { planRun, type RunPlan } from './plan.ts';
import { SimClient } from './sim-client.ts';
import { SimLink } from './sim-link.ts';
import { PostOffice } from './sim-mailbox.ts';
import { SimNode } from './sim-node.ts';
import { Trace } from './trace.ts';

export interface Violation {
  readonly rule: string;
  readonly text: string;
  readonly atMs: number;
}

export class World {
  readonly clock = new VirtualClock();
  readonly dice: Dice;
  readonly plan: RunPlan;
  readonly trace: Trace;
  readonly store: MemoryStore;
  readonly office: PostOffice;
  readonly history: OneHistory;
  readonly commands: Commands;
  /** Of each id the newest life; also while it is stopped. */
  readonly nodes = new Map<string, SimNode>();
  /** Every life of every node. */
  readonly lives: SimNode[] = [];
  readonly clients: SimClient[] = [];
  violation: Violation | null = null;
  connections = 0;
  storeHasFailed = false;
  #incarnations = 0;
  readonly #hub: MemoryMailboxHub;
  readonly #linkDice: Dice;

  constructor(seed: number, print: ((line: string) => void) | null) {
    this.dice = new Dice(seed);
    this.plan = planRun(this.dice.fork());
    this.trace = new Trace(this.clock, print);
    this.store = new MemoryStore(this.clock);
    this.#hub = new MemoryMailboxHub(this.clock);
    this.#linkDice = this.dice.fork();
    this.office = new PostOffice(this.#hub, this.clock, this.dice.fork(), this.trace, this.plan.packetDelayMaxMs);
    this.commands = new Commands(this.report);
    const membership = new OneMembership(this.report);
    this.history = new OneHistory(this.plan.rooms, this.report, (room, epoch, seq, event) => {
      membership.event(room, epoch, seq, event);
      this.commands.event(room, epoch, seq, event);
    });
  }

  /** The first broken rule ends the run. */
  readonly report = (rule: string, text: string): void => {
    this.trace.remark('VIOLATION', () => `[${rule}] ${text}`);
    this.violation ??= { rule, text, atMs: this.trace.atMs };
  };

  /** A new life of that node. */
  startNode(id: string): void {
    const { plan, history } = this;
    const incarnation = `i${++this.#incarnations}`;
    const node: SimNode = new SimNode(
      {
        clock: this.clock,
        dice: this.dice,
        trace: this.trace,
        office: this.office,
        ports: memoryPorts(this.store, this.#hub),
        witness: {
          claimed: (request, claim) => {
            const { room, self, dead } = request;
            this.trace.step(self, 'claimed', () => `${room} dead ${dead} ${describeClaim(claim)}`);
            history.claimed(request, claim);
          },
          committed: (commit, result) => {
            if (result === 'fenced') this.trace.step(commit.owner, 'fenced', () => `commit ${commit.room}`);
            history.committed(commit, result);
          },
          appended: (append, result) => {
            if (result === 'fenced') this.trace.step(append.owner, 'fenced', () => `append ${append.room}`);
            history.appended(append, result);
          },
          released: (room, epoch, ttlMs, isDone) => history.released(room, epoch, ttlMs, isDone),
        },
        onPublish: (key, topic, frame) => history.published(key, topic, frame),
        onError: (key, text) => this.report('fault', `${key}: ${text}`),
        turnMaxMs: plan.turnMaxMs,
        utilization: plan.utilization,
        graceMs: plan.graceMs,
        storeLatencyMaxMs: plan.storeLatencyMaxMs,
      },
      { ...plan.node, id, incarnation },
    );
    this.nodes.set(id, node);
    this.lives.push(node);
    node.start().catch((error: unknown) => this.report('fault', `${node.key} did not start: ${String(error)}`));
  }

  running(): SimNode[] {
    return [...this.nodes.values()].filter(({ state }) => state === 'running');
  }

  addClient(resume: string | null): SimClient {
    const client = new SimClient(
      this.clients.length + 1,
      {
        clock: this.clock,
        dice: this.dice,
        trace: this.trace,
        report: this.report,
        history: this.history,
        commands: this.commands,
        dial: (from, _url, handlers) => this.#dial(from, handlers),
      },
      resume,
    );
    this.clients.push(client);
    client.start();
    return client;
  }

  /** Links that are open at either end. */
  links(): SimLink[] {
    return this.lives.flatMap((node) => [...node.links]).filter((link) => link.isOpen);
  }

  #dial(client: SimClient, handlers: WireHandlers): SimLink {
    const { process } = client;
    const dice = this.#linkDice;
    const node = dice.pick([...this.nodes.values()]);
    const name = `${client.name}/${++this.connections}`;
    const isAlive = (): boolean => process?.isAlive === true;
    const link = new SimLink(name, this.clock, dice.fork(), this.trace, this.plan.link, handlers, isAlive);
    this.trace.step(name, 'dial', () => node.key);
    link.atNode(() => {
      if (node.isListening) node.accept(link);
      else link.cutByNode();
    });
    return link;
  }
}

function describeClaim(claim: Parameters<OneHistory['claimed']>[1]): string {
  if (claim.kind === 'other') return `of ${claim.owner}`;
  const { epoch, record } = claim;
  if (record === null) return `epoch ${epoch} new`;
  return `epoch ${epoch} seq ${record.seq} log ${record.log.map(({ seq }) => seq)} members ${[...record.members.keys()]}`;
}
