/**
 * What the swarm puts into each message, whatever protocol carries it: the scheduled time in µs since the run's zero,
 * the sender's number among all clients, the message's number at its sender from 1 on; then zeros up to the size.
 * All three are uint32, big-endian; times wrap after 71 minutes, longer than any run.
 */
export const PAYLOAD_BYTES_MIN = 12;
export const SENT_AT = 0;
export const SENDER = 4;
export const NUMBER = 8;

export function writeStamp(view: DataView, at: number, sentUs: number, sender: number, number: number): void {
  view.setUint32(at + SENT_AT, sentUs);
  view.setUint32(at + SENDER, sender);
  view.setUint32(at + NUMBER, number);
}
