import type { Sample } from '../host/sample.ts';
import { type OptionValues, RUNS } from '../options.ts';
import { type Contender, chosenContenders, JOBS, SERVERS } from '../peers/contenders.ts';
import { installPeers, peerVersions } from '../peers/install.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { brokenPromises } from './fanout-run.ts';
import { thousands } from './fanout-table.ts';
import { PEERS_CHARTS } from './peers-charts.ts';
import { type PeerRun, type PeersLoad, runPeer } from './peers-load.ts';
import { peerRow, peersTables } from './peers-table.ts';
import { Ramp } from './ramp.ts';

const OPTIONS = {
  only: { about: 'one job or one server', default: 'all', choices: ['all', ...JOBS, ...SERVERS] },
  clients: { about: 'clients in all (fanout, relay)', default: 500, min: 2, max: 19_000, whole: true },
  seconds: { about: 'measured in each run, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  runs: RUNS,
  rate: { about: 'load of all, without a search: msg/s each, or rooms', default: 0, min: 0, max: 10_000, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const ROOM = 50;
const PAYLOAD_BYTES = 40;
/** What the search for the best load takes per probe; enough for a compiled hot path. */
const PROBE_WARM_UP_MS = 2000;
const PROBE_MS = 2000;
const PROBES_MAX = 10;
/** Busier than this by its own work, the swarm sets the limit; below what makes a measured run invalid. */
const SWARM_SHARE_MAX = 0.9;
const FIRST = 'Roomcast';

export const peers: Scenario<typeof OPTIONS> = {
  name: 'peers',
  about: 'the same jobs by raw uWS, ws + ioredis, Socket.IO and Colyseus, each at the best load that it sustains',
  options: OPTIONS,
  quick: { clients: 100, rate: 2, seconds: 1, 'warm-up': 1, runs: 1 },
  needs: ['redis-server'],
  apart: 'it installs the peers with npm first',
  charts: PEERS_CHARTS,
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  installPeers((text) => context.progress.note(text));
  const load = {
    clients: options.clients,
    room: ROOM,
    payloadBytes: PAYLOAD_BYTES,
    warmUpMs: options['warm-up'] * 1000,
    measureMs: options.seconds * 1000,
  };
  const contenders = chosenContenders(options.only);
  const loads = new Map<Contender, number>();
  const failures: string[] = [];
  for (const [i, contender] of contenders.entries()) {
    const share = i / contenders.length / 2;
    const best = options.rate > 0 ? options.rate : await search(contender, load, context, share);
    if (best === null) failures.push(`${title(contender)}: sustains no load that was tried`);
    else loads.set(contender, best);
  }
  const runs = await rounds(loads, load, options.runs, context);
  const rows = [...runs].map(([contender, own]) => peerRow(contender, own));
  const ours = [...runs].flatMap(([{ server }, own]) => (server === 'roomcast' ? own : []));
  return {
    text: [peersTables(rows, FIRST), ...notes(runs)].join('\n'),
    results: { rows, runs: [...runs.values()].flat(), peers: peerVersions() },
    failures: [...failures, ...ours.flatMap(brokenPromises)],
  };
}

/** The highest load that it keeps up with, by short runs. */
async function search(
  contender: Contender,
  load: PeersLoad,
  context: BenchContext,
  share: number,
): Promise<number | null> {
  const ramp = new Ramp(contender.from, { step: 1.5, whole: contender.job === 'tick', probesMax: PROBES_MAX });
  const short = { ...load, warmUpMs: PROBE_WARM_UP_MS, measureMs: PROBE_MS };
  for (let offered = ramp.next(); offered !== null; offered = ramp.next()) {
    const show = live(context, share, `${title(contender)} at ${offered}`);
    const { behind, span } = await runPeer(contender, short, offered, context, show);
    const swarmShare = span.swarmCpu / span.seconds / context.cores.swarm.length;
    const why = swarmShare > SWARM_SHARE_MAX ? [...behind, 'the swarm is full'] : behind;
    ramp.told(offered, why.length === 0);
    context.progress.note(`${title(contender)} at ${offered}: ${why.length === 0 ? 'keeps up' : why.join(', ')}`);
  }
  return ramp.best;
}

async function rounds(
  loads: ReadonlyMap<Contender, number>,
  load: PeersLoad,
  runs: number,
  context: BenchContext,
): Promise<Map<Contender, PeerRun[]>> {
  const done = new Map<Contender, PeerRun[]>([...loads.keys()].map((contender) => [contender, []]));
  const total = runs * loads.size;
  for (let i = 0; i < total; i++) {
    const [contender, offered] = [...loads][i % loads.size] as [Contender, number];
    const show = live(context, 0.5 + i / total / 2, `${i + 1}/${total} ${title(contender)} at ${offered}`);
    const one = await runPeer(contender, load, offered, context, show);
    done.get(contender)?.push(one);
    const speed = `${thousands(one.eventsPerSecond)} events/s, ${thousands(one.eventsPerCpuSecond)} per CPU-second`;
    const invalid = one.invalid.length > 0 ? ', INVALID' : '';
    context.progress.note(`${i + 1}/${total} ${title(contender)} at ${offered}: ${speed}${invalid}`);
  }
  return done;
}

function title({ job, kind }: Contender): string {
  return `${job}, ${kind.name}`;
}

function live({ progress }: BenchContext, share: number, text: string) {
  let last: Sample | null = null;
  return (sample: Sample): void => {
    if (last !== null) {
      const seconds = (sample.atMs - last.atMs) / 1000;
      progress.show(share, `${text}: ${thousands((sample.tally.events - last.tally.events) / seconds)} events/s`);
    }
    last = sample;
  };
}

function notes(runs: ReadonlyMap<Contender, readonly PeerRun[]>): string[] {
  return [...runs].flatMap(([contender, own]) =>
    own.flatMap((one, i) => [
      ...one.invalid.map((why) => `run ${i + 1} of ${title(contender)} does not count: ${why}`),
      ...one.behind.map((why) => `run ${i + 1} of ${title(contender)} was behind: ${why}`),
      ...one.faults.map((fault) => `run ${i + 1} of ${title(contender)}: ${fault}`),
    ]),
  );
}
