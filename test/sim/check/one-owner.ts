/**
 * [strict] While the store keeps what it was told for as long as it was told, an owner of a `strict` room says nothing any more once another node has
 * claimed the room. (That edges hand on late what was said before is no matter: epochs order it, P12.)
 */
import type { Claim, ClaimRequest, NodeKey } from '../../../src/cluster/ports.ts';
import type { Report } from './report.ts';

interface Ownership {
  readonly epoch: number;
  readonly node: NodeKey;
}

export class OneOwner {
  readonly #report: Report;
  /** Of each strict room its owners, in the order of the store. */
  readonly #owners: ReadonlyMap<string, Ownership[]>;

  constructor(strictRooms: readonly string[], report: Report) {
    this.#report = report;
    this.#owners = new Map(strictRooms.map((room) => [room, []]));
  }

  claimed({ room, self: node }: Pick<ClaimRequest, 'room' | 'self'>, claim: Claim): void {
    if (claim.kind === 'other') return;
    // A copy that wins over another owner says that the store had forgotten.
    if (claim.isCopy && this.#owners.get(room)?.at(-1)?.node !== node) this.forgot(room);
    this.#owners.get(room)?.push({ epoch: claim.epoch, node });
  }

  /** Who owned it until then can't be told by the store that they do no more. */
  forgot(room: string): void {
    this.#owners.get(room)?.splice(0);
  }

  /** The store's clock was set ahead by a little: heartbeats may be over before their time, and nobody notices. */
  clockSet(): void {
    for (const room of this.#owners.keys()) this.forgot(room);
  }

  /** Given up in peace: what this node tells from now on it tells for others, under epochs that its members know. */
  gaveUp(room: string, node: NodeKey): void {
    const owners = this.#owners.get(room) ?? [];
    owners.splice(0, owners.length, ...owners.filter((one) => one.node !== node));
  }

  /** A node hands a frame to its sockets: as the owner in that epoch, or as an edge. */
  published(node: NodeKey, topic: string): void {
    const at = topic.lastIndexOf('#');
    const owners = this.#owners.get(topic.slice(0, at)) ?? [];
    const last = owners.at(-1);
    const isOwners = owners.some(({ epoch, node: owner }) => owner === node && epoch === Number(topic.slice(at + 1)));
    if (!isOwners || !last || last.node === node) return;
    this.#report('strict', `${node} publishes in ${topic}, and ${last.node} owns the room in epoch ${last.epoch}`);
  }
}
