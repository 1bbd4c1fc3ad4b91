/** How long it takes until all that clients gave before a moment is done: so long after an outage the cluster is behind. */
import { until } from '../../support/until.ts';
import type { Crowd } from './crowd.ts';

const DONE_WITHIN_MS = 30_000;

/** In ms from the call. */
export async function backlogDone(crowd: Crowd): Promise<number> {
  const from = performance.now();
  const open = crowd.players.flatMap(({ ledgers }) =>
    [...ledgers.values()].flatMap(({ commands }) =>
      [...commands].flatMap(([id, outcome]) => (outcome === 'open' ? [{ commands, id }] : [])),
    ),
  );
  await until(() => open.every(({ commands, id }) => commands.get(id) !== 'open'), {
    timeoutMs: DONE_WITHIN_MS,
    what: `${open.length} commands from before to be done`,
  });
  return performance.now() - from;
}
