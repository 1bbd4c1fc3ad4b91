import { median } from '../report/median.ts';

/** What was read of a server and its machine: empty, with a tenth of the clients, with all, and after they sat still. */
export interface IdleReadings {
  readonly clients: number;
  readonly tenth: number;
  readonly emptyBytes: number;
  readonly tenthBytes: number;
  readonly fullBytes: number;
  readonly kernelEmptyBytes: number;
  readonly kernelFullBytes: number;
  /** CPU time of the server while all clients sat still, and how long they did. */
  readonly stillCpu: number;
  readonly stillSeconds: number;
}

export interface IdleFigures {
  /** All that grew since the empty server, per client: warm-up of code and heap included. */
  readonly perClient: number;
  /** What each of the last nine tenths of the clients added. */
  readonly perFurtherClient: number;
  /** Of the kernel, for both ends of the connection, as server and swarm are on this machine. */
  readonly kernelPerClient: number;
  /** Of one core, while all clients sat still. */
  readonly stillShare: number;
  readonly stillUsPerClientSecond: number;
}

export interface IdleRun extends IdleReadings, IdleFigures {
  readonly server: string;
}

export function idleRun(server: string, readings: IdleReadings): IdleRun {
  const { clients, tenth, stillCpu, stillSeconds } = readings;
  return {
    ...readings,
    server,
    perClient: (readings.fullBytes - readings.emptyBytes) / clients,
    perFurtherClient: (readings.fullBytes - readings.tenthBytes) / (clients - tenth),
    kernelPerClient: (readings.kernelFullBytes - readings.kernelEmptyBytes) / clients,
    stillShare: stillCpu / stillSeconds,
    stillUsPerClientSecond: (stillCpu * 1e6) / stillSeconds / clients,
  };
}

export interface IdleMedians extends IdleFigures {
  readonly server: string;
}

export function idleMedians(server: string, runs: readonly IdleRun[]): IdleMedians {
  const own = runs.filter((run) => run.server === server);
  const of = (value: (run: IdleRun) => number) => median(own.map(value));
  return {
    server,
    perClient: of((run) => run.perClient),
    perFurtherClient: of((run) => run.perFurtherClient),
    kernelPerClient: of((run) => run.kernelPerClient),
    stillShare: of((run) => run.stillShare),
    stillUsPerClientSecond: of((run) => run.stillUsPerClientSecond),
  };
}
