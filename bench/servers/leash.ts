/**
 * Loaded before each server under test (`node --import`): a full garbage collection on SIGUSR2, so that memory is
 * compared without what happens to be uncollected, and an end when the bench, which holds the other side of stdin,
 * is gone. The same for every server; costs one signal handler and one idle pipe.
 */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
process.stdin.on('end', () => process.exit());
process.stdin.resume();
process.stdin.unref();
