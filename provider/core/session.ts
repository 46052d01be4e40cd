import type { Arrivals } from "./arrivals.ts";
import type { CheckedResources } from "./checked-resources.ts";
import type { Notices } from "./notices.ts";
import type { Fingerprinter } from "./references.ts";
import type { Secrets } from "./secrets.ts";

/** The parts of a session (`provider/session.ts`) that functions of every layer may need. */
export interface CoreSession {
  readonly arrivals: Arrivals;
  readonly checked: CheckedResources;
  readonly fingerprinter: Fingerprinter;
  readonly notices: Notices;
  readonly secrets: Secrets;
}
