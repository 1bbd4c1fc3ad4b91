/** The line that the bench waits for. */
export function reportReady(port) {
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
}
