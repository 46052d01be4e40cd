import { shortHash } from "../../lifecycle/canonical.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { prefixOf } from "../../storage/coordinates.ts";
import { openStore } from "../../storage/open-store.ts";
import type { StorageConfig } from "../../storage/storage-config.ts";
import type { StoreErrorCode } from "../../storage/store-error.ts";
import { refuseRootOfAnother } from "../refuse-root.ts";
import { notice, nothingWrong, shared, type Verdict, verdictOn } from "./verdict.ts";

/** What no later step of the same up puts right. That a bucket is not there may be because the up is to make it. */
const DEFINITE: readonly (StoreErrorCode | "NestedPrefix")[] = [
  "WrongCredentials",
  "Forbidden",
  "WrongRegion",
  "UntrustedCertificate",
  "ClockSkew",
  "PackageMissing",
  "NestedPrefix",
];

/** Reads what the bucket is and what lies at the location's root; writes nothing. */
export function lookAtStore(storage: StorageConfig): Promise<Verdict> {
  if (hasUnknown(storage)) return Promise.resolve(nothingWrong);
  return shared(`store ${shortHash(32, storage)}`, async () => {
    try {
      const store = openStore(resolveStorage(storage));
      const facts = await store.inspect();
      await refuseRootOfAnother(store, prefixOf(storage));
      if (facts.objectLock !== "on") return nothingWrong;
      return notice(
        `${store.address} has object lock: backups that expire or are deleted stay there as versions, ` +
          "and go on costing, until their retention is over",
      );
    } catch (error) {
      return verdictOn(error, DEFINITE);
    }
  });
}
