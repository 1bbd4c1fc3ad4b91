import type { Rng } from '../base/rng.ts';
import type { Slots } from '../base/slots.ts';
import type { DeathProof, Directory, NodeKey } from '../cluster/ports.ts';
import type { RoomContext } from './context.ts';
import type { EdgePorts } from './edge.ts';
import type { HandedTails } from './handed-tails.ts';
import type { LocalRoom } from './local-room.ts';

/** Who lives, as far as rooms need it. */
interface Liveness {
  /** `alive`: it lives and its end will be told. `gone`: its heartbeat is not there. Else that can't be told now. */
  find(node: NodeKey, proof: DeathProof): Promise<'alive' | 'gone' | 'unknown'>;
  /** Whether a room of that owner may be taken over, where so much proof is enough. */
  isDead(node: NodeKey, proof: DeathProof): boolean;
}

interface RegistryOptions {
  /** How long an empty room stays with its owner. */
  readonly roomIdleMs: number;
  readonly ttlActiveMs: number;
  readonly ttlWaitingMs: number;
  /** Messages of other nodes that wait for one room's role. */
  readonly deferredMax: number;
}

/** What a room at this node needs beyond what an owner needs. */
export interface RegistryContext {
  readonly rooms: RoomContext;
  readonly directory: Directory;
  readonly liveness: Liveness;
  readonly rng: Rng;
  readonly edgePorts: EdgePorts;
  readonly options: RegistryOptions;
  /** Histories that came with rooms. */
  readonly handed: HandedTails;
  /** Rooms that this node may have taken over from a dead owner without hearing so. */
  readonly halfTaken: Set<string>;
  /** Holds a claim from its sending until its room is loaded. */
  readonly claiming: Slots;
  /** The highest epoch of the rooms that this node has dropped: a store that lost its data may have its clock behind. */
  epochSeen(): number;
  /** Numbers this life's claims. */
  nextAttempt(): number;
  /** The node is going: nothing new is begun. */
  isStopped(): boolean;
  /** The room has nothing left to do at this node. */
  drop(room: LocalRoom): void;
  /** Some of its members are away. */
  watchGrace(room: LocalRoom): void;
}
