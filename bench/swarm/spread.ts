import type { ClientPlace } from './client.ts';
import type { SwarmPlan } from './plan.ts';

/**
 * Which of several nodes a client sits on. `members`: the members of a room go to the nodes in turn, so that every room
 * is on all of them. `rooms`: all members of a room sit on one node. Either way each node has its share of the rooms
 * whose first member it got, which is where their owner will be.
 */
export type Spread = 'members' | 'rooms';

type SpreadPlan = Pick<SwarmPlan, 'room' | 'ports' | 'spread' | 'crossNode'>;

/** The index of the client's node among `ports`. */
export function nodeOf({ room, ports, spread = 'members' }: SpreadPlan, client: number): number {
  if (room === 0) return client % ports.length;
  const number = Math.floor(client / room);
  return (spread === 'rooms' ? number : number + (client % room)) % ports.length;
}

/** Of whom the latency is taken at that client: of everyone, or of those on other nodes. */
export function heardBy(plan: SpreadPlan, client: number): Pick<ClientPlace, 'isMeasured'> {
  if (plan.crossNode !== true) return {};
  const here = nodeOf(plan, client);
  return { isMeasured: (sender) => nodeOf(plan, sender) !== here };
}
