import { VitalsWatch } from './vitals.ts';

/**
 * Loaded before each server under test (`node --import`): a full garbage collection on SIGUSR2, so that memory is
 * compared without what happens to be uncollected; its vitals from the line `begin` on stdin to the line `end`, told
 * as a line of JSON on stdout; and an end when the bench, which holds the other side of stdin, is gone. The same for
 * every server; costs one signal handler and one idle pipe.
 */
const vitals = new VitalsWatch();

process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
process.stdin.setEncoding('utf8').on('data', (text) => {
  for (const line of String(text).split('\n')) {
    if (line === 'begin') vitals.begin();
    if (line === 'end') process.stdout.write(`${JSON.stringify({ msg: 'vitals', vitals: vitals.end() })}\n`);
  }
});
process.stdin.on('end', () => process.exit());
process.stdin.unref();
