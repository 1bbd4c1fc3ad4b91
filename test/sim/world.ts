/** A cluster with its clients in one process on one virtual clock: everything wired, nothing decided. */

import type { WireHandlers } from '../../src/client/ports.ts';
import { nodeId } from '../../src/cluster/node-key.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { Commands } from './check/commands.ts';
import { OneMembership } from './check/membership.ts';
import { OneHistory } from './check/one-history.ts';
import { OneOwner } from './check/one-owner.ts';
import { TakeOvers } from './check/take-overs.ts';
import { Dice } from './dice.ts';
import { planRun, type RunPlan } from './plan.ts';
import { SimClient } from './sim-client.ts';
import { SimLink } from './sim-link.ts';
import { PostOffice } from './sim-mailbox.ts';
import { SimNode } from './sim-node.ts';
import { StoreDeployment } from './store/deployment.ts';
import type { StoreWitness } from './store/room-mark.ts';
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
  readonly store: StoreDeployment;
  readonly office: PostOffice;
  readonly history: OneHistory;
  readonly commands: Commands;
  readonly oneOwner: OneOwner;
  readonly takeOvers: TakeOvers;
  /** Of each id the newest life; also while it is stopped. */
  readonly nodes = new Map<string, SimNode>();
  /** Every life of every node. */
  readonly lives: SimNode[] = [];
  readonly clients: SimClient[] = [];
  violation: Violation | null = null;
  connections = 0;
  #incarnations = 0;
  readonly #linkDice: Dice;

  constructor(seed: number, print: ((line: string) => void) | null) {
    this.dice = new Dice(seed);
    this.plan = planRun(this.dice.fork());
    this.trace = new Trace(this.clock, print);
    this.#linkDice = this.dice.fork();
    this.store = new StoreDeployment(this.clock, this.dice.fork(), this.trace, this.#witness(), this.plan.store);
    this.office = new PostOffice(this.clock, this.dice.fork(), this.trace, this.plan.packetDelayMaxMs);
    this.commands = new Commands(this.report);
    const membership = new OneMembership(this.report);
    const strict = this.plan.rooms.filter(({ isStrict }) => isStrict);
    this.oneOwner = new OneOwner(
      strict.map(({ name }) => name),
      this.report,
    );
    this.takeOvers = new TakeOvers(this.plan.node.nodeTtlMs, (key) => !this.#isNewest(key), this.report);
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
    const { plan, history, oneOwner } = this;
    const incarnation = `i${++this.#incarnations}`;
    const node: SimNode = new SimNode(
      {
        clock: this.clock,
        dice: this.dice,
        trace: this.trace,
        office: this.office,
        deployment: this.store,
        onPublish: (key, topic, frame) => {
          history.published(key, topic, frame);
          oneOwner.published(key, topic);
        },
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

  #isNewest(key: string): boolean {
    return this.nodes.get(nodeId(key))?.key === key;
  }

  /** Those that run, and those that are on their way to stop. */
  living(): SimNode[] {
    return [...this.nodes.values()].filter(({ state }) => state === 'running' || state === 'stopping');
  }

  running(): SimNode[] {
    return [...this.nodes.values()].filter(({ state }) => state === 'running');
  }

  /** Whether that life of a node goes on. */
  readonly isRunning = (key: string): boolean => this.running().some((node) => node.key === key);

  /** The checkers learn who acts as the owner of which room, which a claim alone does not tell. */
  lookAtOwners(): void {
    for (const { core } of this.nodes.values()) {
      for (const { room, owner } of core.registry.rooms()) if (owner) this.history.owned(room, owner.epoch);
    }
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

  /** What the store does becomes steps of the trace and goes to the checkers. */
  #witness(): StoreWitness {
    const { trace } = this;
    return {
      claimed: (request, claim, kept) => {
        const { room, self, dead } = request;
        trace.step(self, 'claimed', () => `${room} dead ${dead} ${describeClaim(claim)}`);
        this.history.claimed(request, claim, kept);
        this.oneOwner.claimed(request, claim);
        this.takeOvers.claimed(request, claim, this.trace.atMs);
      },
      committed: (commit, result, kept) => {
        if (result === 'fenced') trace.step(commit.owner, 'fenced', () => `commit ${commit.room}`);
        this.history.committed(commit, result, kept);
      },
      appended: (append, result, kept) => {
        if (result === 'fenced') trace.step(append.owner, 'fenced', () => `append ${append.room}`);
        this.history.appended(append, result, kept);
      },
      released: (room, by, epoch, ttlMs, isDone) => {
        trace.step(by, 'released', () => `${room} ${epoch} ttl ${ttlMs} ${isDone}`);
        this.history.released(room, epoch, ttlMs, isDone);
        if (isDone) this.oneOwner.gaveUp(room, by);
      },
      transferred: (room, by, epoch, to, isDone) => {
        trace.step(by, 'transferred', () => `${room} ${epoch} to ${to} ${isDone}`);
        if (!isDone) return;
        this.history.transferred(room, epoch);
        this.oneOwner.gaveUp(room, by);
      },
      isBack: () => this.takeOvers.storeIsBack(this.trace.atMs),
      forgot: (room, before, after) => {
        this.lookAtOwners();
        this.history.forgot(room, before, after);
        this.oneOwner.forgot(room);
      },
    };
  }

  #dial(client: SimClient, handlers: WireHandlers): SimLink {
    const { process } = client;
    const dice = this.#linkDice;
    const node = dice.pick([...this.nodes.values()]);
    const name = `${client.name}/${++this.connections}`;
    const isAlive = (): boolean => process?.isAlive === true;
    const link = new SimLink(
      name,
      this.clock,
      dice.fork(),
      this.trace,
      this.plan.link,
      handlers,
      node.process,
      isAlive,
    );
    this.trace.step(name, 'dial', () => node.key);
    link.dial(() => {
      if (node.isListening) node.accept(link);
      else link.cutByNode();
    });
    return link;
  }
}

function describeClaim(claim: Parameters<OneHistory['claimed']>[1]): string {
  if (claim.kind === 'other') return `of ${claim.owner}`;
  const { epoch, record, isCopy } = claim;
  if (isCopy) return `epoch ${epoch} by its copy`;
  if (record === null) return `epoch ${epoch} new`;
  return `epoch ${epoch} seq ${record.seq} log ${record.log.map(({ seq }) => seq)} members ${[...record.members.keys()]}`;
}
