import type { CheckedResources } from "./checked-resources.ts";

/** The parts of a session (`provider/session.ts`) that functions of every layer may need. */
export interface CoreSession {
  readonly checked: CheckedResources;
}
