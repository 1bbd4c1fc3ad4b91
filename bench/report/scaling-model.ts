/**
 * How many nodes and Redis a number of connections takes, from measured costs. docs/SCALING.md explains each formula.
 *
 * A cell is a Redis with its nodes: one cluster. One Redis serves one cluster, so more than one Redis means several
 * clusters, with rooms shared out among them in front.
 */
export interface Workload {
  readonly connections: number;
  readonly room: number;
  /** Messages per second of each client, each to its whole room. */
  readonly rate: number;
  readonly payloadBytes: number;
  /** 0–1: rooms whose members sit on two nodes. The others sit on one, where a load balancer keeps them. */
  readonly spread: number;
  readonly stateBytes: number;
}

export interface Costs {
  /** Node CPU per event delivered, and what is added to that in rooms on two nodes. */
  readonly eventNs: number;
  readonly relayNs: number;
  /** Packets per event delivered in rooms on two nodes, as batched in the measurement of `relayNs`. */
  readonly packetsPerEvent: number;
  /** Redis CPU for one packet, one snapshot, one heartbeat; node CPU (both ends) for one heartbeat. */
  readonly redisPacketNs: number;
  readonly redisCommitNs: number;
  readonly redisBeatNs: number;
  readonly nodeBeatNs: number;
  readonly commitsPerRoomSecond: number;
  readonly eventsPerFrame: number;
  /** Resident in the node, and in the kernel for the node's end. */
  readonly clientBytes: number;
  readonly kernelClientBytes: number;
  readonly emptyNodeBytes: number;
  readonly nginxNs: number;
}

export interface Machine {
  /** 0–1: how full a core is planned to be. The rest is for bursts, and for nodes that are gone. */
  readonly busy: number;
  readonly connectionsMax: number;
  readonly nodeBytesMax: number;
}

type Share = readonly [name: string, share: number];

export interface Plan {
  readonly rooms: number;
  readonly eventsPerSecond: number;
  readonly nodes: number;
  readonly cells: number;
  readonly nodesPerCell: number;
  readonly clientsPerNode: number;
  readonly nginxCores: number;
  /** Share of what is allowed that each takes; 1 is full. The fullest first: the first bounds, the next one is the next limit. */
  readonly nodeLimits: readonly Share[];
  readonly redisLimits: readonly Share[];
  readonly nodeBytes: number;
  readonly kernelBytesPerNode: number;
  readonly redisBytesPerCell: number;
  readonly outBitsPerSecond: number;
  readonly inBitsPerSecond: number;
  /** Until the clients of a node that died are admitted by the others of its cell. */
  readonly rejoinSeconds: number;
}

/** PEER_HEARTBEAT_MS 250: four beats, and the read of a node's record each second counts as a fifth. To itself as well. */
const BEATS_PER_PAIR_SECOND = 5;
/** A command to the owner for half of the messages, and a frame back to the other node for each: unbatched. */
const PACKETS_PER_MESSAGE = 1.5;
/** HISTORY_BYTES_MAX. */
const HISTORY_BYTES = 131_072;
/** JOINS_PER_SEC. */
const JOINS_PER_SECOND = 2000;
/** A member's field, its session, and Redis' own overhead for both (guess). */
const REDIS_MEMBER_BYTES = 500;
/** The hash of a room without state (guess). */
const REDIS_ROOM_BYTES = 500;
/** `[0, member, cseq, payload]` and `[4, room, cseq, payload]` around the payload, with names of 16 bytes. */
const EVENT_BYTES = 12;
const SEND_BYTES = 26;
/** `[4, room, epoch, first, events]`, the WebSocket header, IPv4 and TCP with timestamps. */
const FRAME_BYTES = 34 + 4 + 52;
/** A client's frame has a mask. */
const CLIENT_FRAME_BYTES = 8 + 52;
const CELLS_MAX = 10_000;
/** Nodes beat to nodes, so their number depends on itself; it settles in a few rounds. */
const ROUNDS_MAX = 50;

export function planFor(work: Workload, costs: Costs, machine: Machine): Plan {
  for (let cells = 1; cells <= CELLS_MAX; cells++) {
    const plan = planWith(cells, work, costs, machine);
    if (plan !== null && sum(plan.redisLimits) <= 1) return plan;
  }
  throw new Error(`no plan with ${CELLS_MAX} cells or fewer: a Redis alone is over its limit`);
}

/** Null where so many nodes would be in a cell that their heartbeats take all that more of them bring. */
function planWith(cells: number, work: Workload, costs: Costs, machine: Machine): Plan | null {
  const { connections, room, rate, spread } = work;
  const rooms = connections / room;
  const messages = connections * rate;
  const events = messages * room;
  const packets = PACKETS_PER_MESSAGE * spread * messages;
  // What batching saved in the measurement is not there between many nodes.
  const unbatched = Math.max(0, packets - spread * events * costs.packetsPerEvent);
  const eventCores = (events * (costs.eventNs + spread * costs.relayNs)) / 1e9;
  const packetCores = (unbatched * costs.nodeBeatNs) / 1e9;
  const loadCores = (eventCores + packetCores) / machine.busy;
  const bytes = connections * costs.clientBytes + rooms * (HISTORY_BYTES + work.stateBytes);
  const least = [
    loadCores,
    connections / machine.connectionsMax,
    bytes / (machine.nodeBytesMax - costs.emptyNodeBytes),
  ];
  const nodes = settle(Math.max(cells, ...least), (count) => {
    const beatShare = ((count / cells) * BEATS_PER_PAIR_SECOND * costs.nodeBeatNs) / 1e9 / machine.busy;
    return beatShare >= 1 ? null : Math.max(cells, loadCores / (1 - beatShare), ...least);
  });
  if (nodes === null) return null;
  const nodesPerCell = Math.ceil(nodes / cells);
  const total = nodesPerCell * cells;
  const beats = nodesPerCell ** 2 * BEATS_PER_PAIR_SECOND;
  const redis = (perSecond: number, ns: number) => (perSecond * ns) / 1e9 / machine.busy;
  const nodeBytes = costs.emptyNodeBytes + bytes / total;
  return {
    rooms,
    eventsPerSecond: events,
    nodes: total,
    cells,
    nodesPerCell,
    clientsPerNode: connections / total,
    nginxCores: (events * costs.nginxNs) / 1e9 / machine.busy,
    nodeLimits: fullestFirst([
      ['CPU, events', eventCores / machine.busy / total],
      ['CPU, relay', packetCores / machine.busy / total],
      ['CPU, heartbeats', (nodesPerCell * BEATS_PER_PAIR_SECOND * costs.nodeBeatNs) / 1e9 / machine.busy],
      ['connections', connections / total / machine.connectionsMax],
      ['memory', nodeBytes / machine.nodeBytesMax],
    ]),
    redisLimits: fullestFirst([
      ['packets', redis(packets / cells, costs.redisPacketNs)],
      ['snapshots', redis((rooms * costs.commitsPerRoomSecond) / cells, costs.redisCommitNs)],
      ['heartbeats', redis(beats, costs.redisBeatNs)],
    ]),
    nodeBytes,
    kernelBytesPerNode: (connections * costs.kernelClientBytes) / total,
    redisBytesPerCell: (connections * REDIS_MEMBER_BYTES + rooms * (REDIS_ROOM_BYTES + work.stateBytes)) / cells,
    outBitsPerSecond: 8 * (events * (work.payloadBytes + EVENT_BYTES) + (events / costs.eventsPerFrame) * FRAME_BYTES),
    inBitsPerSecond: 8 * messages * (work.payloadBytes + SEND_BYTES + CLIENT_FRAME_BYTES),
    rejoinSeconds: connections / total / (Math.max(1, nodesPerCell - 1) * JOINS_PER_SECOND),
  };
}

function settle(from: number, next: (count: number) => number | null): number | null {
  let count = Math.ceil(from);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const wanted = next(count);
    if (wanted === null) return null;
    if (Math.ceil(wanted) <= count) return count;
    count = Math.ceil(wanted);
  }
  return null;
}

function fullestFirst(shares: readonly Share[]): readonly Share[] {
  return [...shares].sort(([, a], [, b]) => b - a);
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((total, [, share]) => total + share, 0);
}
