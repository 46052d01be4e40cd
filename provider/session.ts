import { CheckedResources } from "./core/checked-resources.ts";
import type { CoreSession } from "./core/session.ts";
import { NewestAccess } from "./rules/newest-access.ts";

/**
 * What a process remembers while it serves one deployment. `provider/index.ts` makes one for the provider's process.
 * It is passed to whoever needs it, and no module keeps anything by itself.
 */
export class Session implements CoreSession {
  readonly checked = new CheckedResources();
  readonly newestAccess = new NewestAccess();
}
