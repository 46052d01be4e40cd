const PLACES = ["sourcePosition", "stackTrace"];

/** State without where a program declares its resources: the engine notes it, with paths of this machine. */
export const withoutPlaces = <T>(state: T): T =>
  JSON.parse(JSON.stringify(state, (key, value: unknown) => (PLACES.includes(key) ? undefined : value))) as T;
