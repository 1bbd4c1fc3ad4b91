/** Every series of a node, from the numbers that it counts and from what it has right now. No names of rooms or users. */
import type { Counters } from '../base/counters.ts';

/** What a node has at the moment of a scrape. */
export interface Gauges {
  readonly connections: number;
  readonly sessions: number;
  readonly lagging: number;
  /** What waits for all clients, and for the one with the most. */
  readonly bufferedBytes: number;
  readonly bufferedMostBytes: number;
  readonly roomsOwned: number;
  /** Rooms that have members here and their owner elsewhere. */
  readonly roomsRelayed: number;
  readonly members: number;
  readonly peers: number;
}

export interface MetricRow<Field> {
  readonly field: Field;
  /** Without the prefix. Rows of one name differ by their reason. */
  readonly name: string;
  readonly help: string;
  readonly reason?: string;
}

const BAD_FRAMES = 'bad_frames_total';
const BAD_FRAMES_HELP = 'Connections closed for a bad frame (P3), by what was wrong.';

export const COUNTER_ROWS: readonly MetricRow<keyof Counters>[] = [
  { field: 'connectionsOpened', name: 'connections_opened_total', help: 'WebSockets opened.' },
  { field: 'connectionsRefused', name: 'connections_refused_total', help: 'Upgrades answered 400, 403 or 503.' },
  {
    field: 'connectionsReplaced',
    name: 'connections_replaced_total',
    help: 'Closed for a newer one of the session (P4).',
  },
  { field: 'sessionsOpened', name: 'sessions_opened_total', help: 'New sessions.' },
  { field: 'sessionsResumed', name: 'sessions_resumed_total', help: 'Sessions that came back by a resume token.' },
  { field: 'sessionsRefused', name: 'sessions_refused_total', help: 'HELLOs whose token was refused (4501).' },
  { field: 'helloTimeouts', name: 'hello_timeouts_total', help: 'Connections without a HELLO in time (4002).' },
  { field: 'framesIn', name: 'frames_in_total', help: 'Messages received from clients.' },
  { field: 'bytesIn', name: 'in_bytes_total', help: 'Bytes of the messages received from clients.' },
  { field: 'framesOut', name: 'frames_out_total', help: 'Frames sent to single clients; fan-out is not in it.' },
  { field: 'framesDropped', name: 'frames_out_dropped_total', help: 'Frames that a lagging client did not get.' },
  { field: 'badText', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'text' },
  { field: 'badTooLarge', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'too-large' },
  { field: 'badOrder', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'order' },
  { field: 'badShape', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'shape' },
  { field: 'rateLimited', name: 'rate_limited_total', help: 'Frames refused over a rate limit (P19).' },
  { field: 'rateLimitClosed', name: 'rate_limit_closed_total', help: 'Clients closed for going on over it (4503).' },
  { field: 'lagged', name: 'lagged_total', help: 'Times that a client fell behind its buffer.' },
  { field: 'closedTooSlow', name: 'too_slow_closed_total', help: 'Clients that did not drain in time (4001).' },
  { field: 'joins', name: 'joins_total', help: 'JOINs answered with JOINED.' },
  { field: 'joinsRefused', name: 'joins_refused_total', help: "JOINs over the node's JOINS_PER_SEC." },
  { field: 'events', name: 'events_total', help: 'Events ordered by rooms that this node owns.' },
  { field: 'frames', name: 'event_frames_total', help: 'EVENTS frames encoded by this node.' },
  { field: 'resyncs', name: 'resyncs_total', help: 'Fresh starts that an owner made for members or edges (SYNC).' },
  { field: 'catchUps', name: 'catch_ups_total', help: 'JOINs answered from the history (P7).' },
  { field: 'claims', name: 'room_claims_total', help: 'Rooms claimed in the directory.' },
  {
    field: 'copiesBrought',
    name: 'room_copies_brought_total',
    help: 'Of those, rooms that the store had forgotten and this node still held.',
  },
  { field: 'takeOvers', name: 'room_take_overs_total', help: 'Of those, rooms of a dead owner.' },
  {
    field: 'takeOversEarly',
    name: 'room_take_overs_early_total',
    help: "Of those, before the owner's heartbeat had run out.",
  },
  { field: 'fenced', name: 'room_fenced_total', help: 'Rooms lost to another owner.' },
  {
    field: 'tenuresLost',
    name: 'room_tenures_lost_total',
    help: 'Strict rooms that stood still, as this node could not renew its heartbeat in time.',
  },
  { field: 'handedOver', name: 'rooms_handed_over_total', help: 'Rooms that this node handed to another one (drain).' },
  { field: 'commits', name: 'commits_total', help: 'Rooms written to the store.' },
  { field: 'commitsFailed', name: 'commits_failed_total', help: 'Writes that the store did not take.' },
  { field: 'logAppends', name: 'log_appends_total', help: 'Frames appended to the logs of rooms.' },
  {
    field: 'logAppendsFailed',
    name: 'log_appends_failed_total',
    help: 'Times that the store refused a frame of a room while it took others.',
  },
  { field: 'handlerFaults', name: 'handler_faults_total', help: 'Handlers of rooms that threw.' },
  { field: 'packetsIn', name: 'packets_in_total', help: 'Packets received from nodes.' },
  { field: 'packetsOut', name: 'packets_out_total', help: 'Packets sent to nodes.' },
  { field: 'packetsFailed', name: 'packets_failed_total', help: 'Packets that could not be sent.' },
  { field: 'packetsRefused', name: 'packets_refused_total', help: 'Packets received and not understood.' },
  { field: 'packetHoles', name: 'packet_holes_total', help: 'Gaps found in the packets of a node.' },
  {
    field: 'subscriptionsRenewed',
    name: 'subscriptions_renewed_total',
    help: 'Dead subscriptions that were replaced.',
  },
  {
    field: 'suspicions',
    name: 'node_suspicions_total',
    help: 'Times that nobody listened to a node, and its connections were looked for.',
  },
  {
    field: 'nodesBuried',
    name: 'nodes_presumed_dead_total',
    help: 'Nodes taken for dead for having no connections, before their heartbeats had run out.',
  },
  {
    field: 'nodesBuriedAlive',
    name: 'nodes_presumed_dead_wrongly_total',
    help: 'Nodes presumed dead whose heartbeats went on.',
  },
];

export const GAUGE_ROWS: readonly MetricRow<keyof Gauges>[] = [
  { field: 'connections', name: 'connections', help: 'Open WebSockets.' },
  { field: 'sessions', name: 'sessions', help: 'Open sessions.' },
  { field: 'lagging', name: 'lagging', help: 'Clients behind their buffer right now.' },
  { field: 'bufferedBytes', name: 'buffered_bytes', help: 'Bytes that wait for clients to read, at the last look.' },
  { field: 'bufferedMostBytes', name: 'buffered_most_bytes', help: 'Of these, the bytes of the client with the most.' },
  { field: 'roomsOwned', name: 'rooms_owned', help: 'Rooms that this node owns.' },
  { field: 'roomsRelayed', name: 'rooms_relayed', help: 'Rooms with members here whose owner is elsewhere.' },
  { field: 'members', name: 'members', help: 'Members with a connection here, counted once per room.' },
  { field: 'peers', name: 'peers', help: 'Other nodes of the cluster that live.' },
];
