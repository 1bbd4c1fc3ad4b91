type Write = (fields: object, text: string) => void;

/** The log as a port: fields first, then a sentence. `telemetry/` binds it to pino. */
export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

const nothing: Write = () => {};

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
