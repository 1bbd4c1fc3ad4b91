import type { RoomcastError } from './roomcast-error.ts';

/**
 * A promise and the call that ends it. Games send without waiting; such a promise must not end the process when it
 * rejects. Who awaits it still gets the error.
 */
export function settled(): { promise: Promise<void>; settle: (error: RoomcastError | null) => void } {
  let settle: (error: RoomcastError | null) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === null ? resolve() : reject(error));
  });
  return { promise: quiet(promise), settle };
}

export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
