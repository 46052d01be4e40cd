import { Session } from "../../provider/session.ts";

/** A session that has seen nothing yet. */
export const testSession = (): Session => new Session();
