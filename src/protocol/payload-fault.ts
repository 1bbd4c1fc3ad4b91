/** A payload that is no plain data, on the way out or in. The message says which part is not. */
export class PayloadFault extends Error {
  override readonly name = 'PayloadFault';
}
